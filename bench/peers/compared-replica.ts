/**
 * The operations that rollcall and the other libraries share: they hold entries of a number and a name, send all entries
 * or the new ones, and apply received messages. `Message` is bytes if the library encodes its messages.
 */
export interface ComparedReplica<Message> {
  /** Adds an entry of its own. */
  readonly set: (id: number, name: string) => void;
  /** The messages for the entries since the last call, one each. */
  readonly takeUpdates: () => Message[];
  /** The message for a new replica. */
  readonly fullState: () => Message;
  readonly apply: (message: Message) => void;
  /** The names in the order of their numbers. */
  readonly names: () => string[];
  readonly end: () => void;
}

/** Names in the order of their numbers. */
export function namesByNumber(named: Iterable<readonly [id: number | string, name: string]>): string[] {
  return [...named].sort(([one], [other]) => Number(one) - Number(other)).map(([, name]) => name);
}
