import type { FetchResult } from "./fetcher.ts";
import type { NetChange } from "./net-change.ts";

/** Reads a topic as readers see it. */
export interface TopicReader<P extends object> {
  list(topic: string): Promise<P>;
  getByKey(topic: string, key: string | number): Promise<P[keyof P] | undefined>;
  /** @throws {InvalidArgumentError} unless readers see counts. */
  counts(topic: string): P;
}

/** Makes what readers see of the topics of a presence. `S` is what it is made from: presences by key, or numbers by key. */
export interface Projector<S extends object, P extends object> extends TopicReader<P> {
  /** Whether subscribers that watch different keys see a different projection of the same change. */
  readonly isPerKeySet: boolean;
  /** The state of a topic now, or of these keys of it. */
  read(topic: string, keys?: readonly string[]): S;
  /** The state of these keys of a topic, for a subscriber that sees them for the first time. */
  readJoins(topic: string, keys: readonly string[]): S;
  /** A copy of all keys, or of these. */
  pick(state: S, keys?: readonly string[]): S;
  /** Creates the sum of no changes. */
  createNetChange(): NetChange<S>;
  /**
   * Projects each input, which has only these keys if any are given. Calls `settle` once, before it returns if the projection is
   * synchronous.
   */
  project(
    topic: string,
    inputs: readonly S[],
    settle: (result: FetchResult<readonly P[]>) => void,
    keys?: readonly string[],
  ): void;
}
