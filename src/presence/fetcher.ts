import { describeValue } from "../checks/describe-value.ts";
import { isErrorLike, reasonOf } from "../checks/reason-of.ts";
import { FetchError, FetchTimeoutError } from "../errors.ts";
import type { MutableState } from "../payload.ts";
import type { Clock } from "../time/clock.ts";
import { withOrdinaryPrototype } from "./group-by-key.ts";
import type { Fetch } from "./presence-options.ts";

/** The projection of `fetch`, or the error in its place. */
export type FetchResult<T> = { readonly value: T; readonly error?: undefined } | { readonly error: Error };

interface FetcherOptions<M extends object, P extends object> {
  readonly fetch: Fetch<M, P>;
  readonly fetchTimeoutMs: number;
  readonly clock: Clock;
}

/** Calls `fetch`, checks that it returns an object, and limits its time. */
export class Fetcher<M extends object, P extends object> {
  readonly #options: FetcherOptions<M, P>;

  constructor(options: FetcherOptions<M, P>) {
    this.#options = options;
  }

  /** Resolves with the projection, or rejects with a `FetchError` or `FetchTimeoutError`. */
  fetchOne(topic: string, presences: MutableState<M>): Promise<P> {
    return new Promise((resolve, reject) => {
      const settle = (result: FetchResult<P>) =>
        result.error === undefined ? resolve(result.value) : reject(result.error);
      this.#call(topic, presences, settle, true);
    });
  }

  /** Projects all inputs. Calls `settle` once, before it returns if `fetch` is synchronous. */
  fetchAll(
    topic: string,
    inputs: readonly MutableState<M>[],
    settle: (result: FetchResult<readonly P[]>) => void,
  ): void {
    const projections = new Array<P>(inputs.length);
    let remaining = inputs.length;
    for (const [at, presences] of inputs.entries()) {
      if (remaining === 0) return;
      this.#call(topic, presences, (result) => {
        if (remaining === 0) return;
        if (result.error !== undefined) {
          remaining = 0;
          settle(result);
          return;
        }
        projections[at] = result.value;
        remaining--;
        if (remaining === 0) settle({ value: projections });
      });
    }
  }

  #call(
    topic: string,
    presences: MutableState<M>,
    settle: (result: FetchResult<P>) => void,
    keepsAlive = false,
  ): void {
    const { fetch, fetchTimeoutMs, clock } = this.#options;
    let result: P | PromiseLike<P>;
    try {
      result = fetch(topic, presences);
    } catch (thrown) {
      settle({ error: toFetchError(topic, thrown) });
      return;
    }
    if (!isPromise(result)) {
      settle(projectionOf(topic, presences, result));
      return;
    }
    let isSettled = false;
    const settleOnce = (result: FetchResult<P>) => {
      if (isSettled) return;
      isSettled = true;
      cancel();
      settle(result);
    };
    const giveUp = () => settleOnce({ error: new FetchTimeoutError(topic, fetchTimeoutMs) });
    const cancel = clock.setTimer(giveUp, fetchTimeoutMs, { keepsAlive });
    Promise.resolve(result).then(
      (value) => settleOnce(projectionOf(topic, presences, value)),
      (reason: unknown) => settleOnce({ error: toFetchError(topic, reason) }),
    );
  }
}

/**
 * What readers get: the result of `fetch`. The object that `fetch` got may be that result, or a member of it. Refuses a
 * result that is no object, such as that of a forgotten `return`.
 */
function projectionOf<P extends object>(topic: string, presences: object, result: P): FetchResult<P> {
  if (typeof result === "object" && result !== null) {
    withOrdinaryPrototype(presences);
    return { value: withOrdinaryPrototype(result) };
  }
  const advice = result === undefined ? "Is a return missing?" : "Return what readers see, by key.";
  return {
    error: new FetchError(topic, `it returned ${describeValue(result)}; it must return an object. ${advice}`),
  };
}

function toFetchError(topic: string, cause: unknown): FetchError {
  const reason = isErrorLike(cause) ? reasonOf(cause) : `it threw ${describeValue(cause)}`;
  return new FetchError(topic, `${reason}.`, { cause });
}

function isPromise<P extends object>(result: P | PromiseLike<P>): result is PromiseLike<P> {
  return typeof (result as PromiseLike<P> | null | undefined)?.then === "function";
}
