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
  /** The state of a topic now. */
  read(topic: string): S;
  /** Creates the sum of no changes. */
  createNetChange(): NetChange<S>;
  /** Projects each input. Calls `settle` once, before it returns if the projection is synchronous. */
  project(topic: string, inputs: readonly S[], settle: (result: FetchResult<readonly P[]>) => void): void;
}
