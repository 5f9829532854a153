import {
  type CountStore,
  createCountStore,
  PresenceClient,
  type PresenceDiff,
} from "../../src/client/index.ts";
import { COUNT_KEY } from "./server-messages.ts";

/** The state that a client builds from the states and diffs that it receives. */
export interface ClientView {
  /** The number of users that it sees in the room. */
  readonly size: number;
  /** Their names, unless the client gets counts only. */
  readonly names: Iterable<string> | undefined;
  receive(event: string, payload: object): void;
}

/** `names` is a set of keys, `ours` is a `PresenceClient`, and `counts` a count store. */
export type ClientViewKind = "names" | "ours" | "counts";

export function createClientView(kind: ClientViewKind): ClientView {
  if (kind === "counts") return new Counts();
  return kind === "ours" ? new Ours() : new Names();
}

/**
 * The cheapest exact view: a set of names, because each user is in the room once. A process that plays a thousand clients
 * would otherwise keep a million parsed entries and spend its time on them, which no real client does.
 */
class Names implements ClientView {
  names: Set<string> = new Set();

  get size(): number {
    return this.names.size;
  }

  receive(event: string, payload: object): void {
    if (event === "presence_state") {
      this.names = new Set(Object.keys(payload));
      return;
    }
    const { joins, leaves } = payload as PresenceDiff;
    for (const name of Object.keys(leaves)) this.names.delete(name);
    for (const name of Object.keys(joins)) this.names.add(name);
  }
}

class Ours implements ClientView {
  size = 0;
  readonly #client = new PresenceClient();

  constructor() {
    this.#client.onJoin((_key, current) => {
      if (current === undefined) this.size++;
    });
    this.#client.onLeave((_key, current) => {
      if (current.metas.length === 0) this.size--;
    });
  }

  get names(): string[] {
    return this.#client.list((name) => name);
  }

  receive(event: string, payload: object): void {
    this.#client.receive({ event, payload });
  }
}

class Counts implements ClientView {
  readonly names = undefined;
  readonly #store: CountStore = createCountStore();

  get size(): number {
    return this.#store.getSnapshot()?.[COUNT_KEY]?.count ?? 0;
  }

  receive(event: string, payload: object): void {
    this.#store.receive({ event, payload });
  }
}
