/**
 * What the hooks read: a store of `rollcall/client`, or anything else that has a subscription and a snapshot which stays the same
 * object until something changes.
 *
 * @example
 * const lobby: Source<PresenceState> = createPresenceStore();
 */
export interface Source<Snapshot> {
  /** Adds a listener that hears of changes. Returns what removes it. */
  subscribe(listener: () => void): () => void;
  /** What is so now. */
  getSnapshot(): Snapshot;
  /**
   * What a server renders, and what a browser shows while it takes that over: the same on both sides, so the browser has to be told.
   *
   * @defaultValue nobody is here, and no count is known
   */
  getServerSnapshot?(): Snapshot;
}
