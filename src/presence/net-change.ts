/**
 * The joins and the leaves of one topic, by key. `S` is what a projection is made from: presences by key, or numbers by key.
 */
export interface TopicChange<S extends object> {
  readonly joins: S;
  readonly leaves: S;
}

/** The sum of several changes of a topic. What came and went within them cancels out. */
export interface NetChange<S extends object> {
  readonly isEmpty: boolean;
  /** How many joins and leaves it has. */
  readonly size: number;
  /** Adds the next change. */
  add(change: TopicChange<S>): void;
  /** Returns a copy that the caller may change. */
  toChange(): TopicChange<S>;
}
