/**
 * What ours and a peer both do: hold who is there, by a number and with a name, tell all or what is new, and take in
 * what was told. `Message` is bytes where the peer has a form for them.
 */
export interface ComparedReplica<Message> {
  /** One of its own comes. */
  readonly set: (id: number, name: string) => void;
  /** What is to be told of those who came since this was last called: a message each. */
  readonly takeUpdates: () => Message[];
  /** What a newcomer is told. */
  readonly fullState: () => Message;
  readonly apply: (message: Message) => void;
  /** The names, in the order of the numbers. */
  readonly names: () => string[];
  readonly end: () => void;
}

/** In the order of the numbers. */
export function namesByNumber(named: Iterable<readonly [id: number | string, name: string]>): string[] {
  return [...named].sort(([one], [other]) => Number(one) - Number(other)).map(([, name]) => name);
}
