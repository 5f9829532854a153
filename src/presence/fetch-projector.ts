import { InvalidArgumentError } from "../errors.ts";
import type { MutableState, PresenceMeta } from "../payload.ts";
import { lookUpKey } from "../tracker/admission/topics-and-keys.ts";
import type { TrackerCore } from "../tracker/tracker-core.ts";
import type { Fetcher, FetchResult } from "./fetcher.ts";
import { groupByKey } from "./group-by-key.ts";
import { NetDiff } from "./net-diff.ts";
import type { Projector } from "./projector.ts";

/** Shows presences as `fetch` projects them. */
export class FetchProjector<M extends object, P extends object> implements Projector<MutableState<M>, P> {
  readonly isPerKeySet: boolean = false;
  readonly #core: Pick<TrackerCore<M>, "list" | "getByKey">;
  readonly #fetcher: Fetcher<M, P>;

  constructor(core: Pick<TrackerCore<M>, "list" | "getByKey">, fetcher: Fetcher<M, P>) {
    this.#core = core;
    this.#fetcher = fetcher;
  }

  async list(topic: string): Promise<P> {
    return this.#fetcher.fetchOne(topic, this.read(topic));
  }

  async getByKey(topic: string, key: string | number): Promise<P[keyof P] | undefined> {
    const name = lookUpKey(key);
    const metas = this.#core.getByKey(topic, name);
    if (metas.length === 0) return undefined;
    const projection = await this.#fetcher.fetchOne(topic, groupByKey(metas.map((meta) => [name, meta])));
    return Object.hasOwn(projection, name) ? projection[name as keyof P] : undefined;
  }

  counts(): never {
    throw new InvalidArgumentError(
      "counts was called on a presence whose fetch is not what countOnly returns; it takes a presence that shows only counts. " +
        'Create it with fetch: countOnly("readers"), or use list(topic) for what fetch returns and count(topic, key) for one number.',
    );
  }

  read(topic: string, keys?: readonly string[]): MutableState<M> {
    if (keys === undefined) return groupByKey(this.#core.list(topic));
    return groupByKey(
      keys.flatMap((key) => this.#core.getByKey(topic, key).map((meta) => [key, meta] as const)),
    );
  }

  readJoins(topic: string, keys: readonly string[]): MutableState<M> {
    const state = this.read(topic, keys);
    for (const key of Object.keys(state)) state[key] = { metas: state[key]!.metas.map(withoutPreviousRef) };
    return state;
  }

  pick(state: MutableState<M>, keys: readonly string[] = Object.keys(state)): MutableState<M> {
    const picked: MutableState<M> = Object.create(null);
    for (const key of keys) if (Object.hasOwn(state, key)) picked[key] = { metas: [...state[key]!.metas] };
    return picked;
  }

  createNetChange(): NetDiff<M> {
    return new NetDiff();
  }

  project(
    topic: string,
    inputs: readonly MutableState<M>[],
    settle: (result: FetchResult<readonly P[]>) => void,
  ): void {
    this.#fetcher.fetchAll(topic, inputs, settle);
  }
}

/** A subscriber that never saw the presence cannot know its previous ref. */
function withoutPreviousRef<M extends object>(meta: PresenceMeta<M>): PresenceMeta<M> {
  if (meta.phx_ref_prev === undefined) return meta;
  const { phx_ref_prev: _, ...rest } = meta;
  return Object.freeze(rest) as PresenceMeta<M>;
}
