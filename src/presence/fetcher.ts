import { describeValue } from "../checks/describe-value.ts";
import { FetchError, FetchTimeoutError } from "../errors.ts";
import type { State } from "../payload.ts";
import type { Clock } from "../time/clock.ts";
import type { Fetch } from "./presence-options.ts";

/** What `fetch` made of what it was asked for, or why there is nothing. */
export type FetchResult<T> = { readonly value: T; readonly error?: undefined } | { readonly error: Error };

interface FetchingOptions<M extends object, P extends object> {
  readonly fetch: Fetch<M, P>;
  readonly fetchTimeoutMs: number;
  readonly clock: Clock;
}

/** Calls `fetch`, and takes nothing from it but a projection, in time. */
export class Fetcher<M extends object, P extends object> {
  readonly #options: FetchingOptions<M, P>;

  constructor(options: FetchingOptions<M, P>) {
    this.#options = options;
  }

  /** The projection, for somebody who waits for it and is told why there is none. */
  fetchOne(topic: string, presences: State<M>): Promise<P> {
    return new Promise((resolve, reject) => {
      const settle = (answer: FetchResult<P>) =>
        answer.error === undefined ? resolve(answer.value) : reject(answer.error);
      this.#ask(topic, presences, settle, true);
    });
  }

  /** The projections of all of these. `settle` is called once: before this returns, where `fetch` is synchronous. */
  fetchAll(
    topic: string,
    asked: readonly State<M>[],
    settle: (answer: FetchResult<readonly P[]>) => void,
  ): void {
    const projections = new Array<P>(asked.length);
    let missing = asked.length;
    for (const [at, presences] of asked.entries()) {
      if (missing === 0) return;
      this.#ask(topic, presences, (answer) => {
        if (missing === 0) return;
        if (answer.error !== undefined) {
          missing = 0;
          settle(answer);
          return;
        }
        projections[at] = answer.value;
        missing--;
        if (missing === 0) settle({ value: projections });
      });
    }
  }

  #ask(
    topic: string,
    presences: State<M>,
    settle: (answer: FetchResult<P>) => void,
    keepsAlive = false,
  ): void {
    const { fetch, fetchTimeoutMs, clock } = this.#options;
    let result: P | PromiseLike<P>;
    try {
      result = fetch(topic, presences);
    } catch (thrown) {
      settle({ error: failure(topic, thrown) });
      return;
    }
    if (!isPromise(result)) {
      settle(checked(topic, result));
      return;
    }
    let isSettled = false;
    const settleOnce = (answer: FetchResult<P>) => {
      if (isSettled) return;
      isSettled = true;
      cancel();
      settle(answer);
    };
    const giveUp = () => settleOnce({ error: new FetchTimeoutError(topic, fetchTimeoutMs) });
    const cancel = clock.setTimer(giveUp, fetchTimeoutMs, { keepsAlive });
    Promise.resolve(result).then(
      (value) => settleOnce(checked(topic, value)),
      (reason: unknown) => settleOnce({ error: failure(topic, reason) }),
    );
  }
}

/** A forgotten `return` is no projection. */
function checked<P extends object>(topic: string, result: P): FetchResult<P> {
  if (typeof result === "object" && result !== null) return { value: result };
  const advice = result === undefined ? "Is a return missing?" : "Return what readers are to see, by key.";
  return {
    error: new FetchError(topic, `it gave ${describeValue(result)}, and must give an object. ${advice}`),
  };
}

function failure(topic: string, cause: unknown): FetchError {
  const reason = cause instanceof Error ? cause.message : `it threw ${describeValue(cause)}.`;
  return new FetchError(topic, reason, { cause });
}

function isPromise<P extends object>(result: P | PromiseLike<P>): result is PromiseLike<P> {
  return typeof (result as PromiseLike<P> | null | undefined)?.then === "function";
}
