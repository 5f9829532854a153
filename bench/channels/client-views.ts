import {
  type CountStore,
  createCountStore,
  PresenceClient,
  type PresenceDiff,
} from "../../src/client/index.ts";
import { COUNT_KEY } from "./server-messages.ts";

/** What a member makes of the states and diffs that it gets. */
export interface ClientView {
  /** How many it sees in the room. */
  readonly size: number;
  /** Who they are, where it knows. */
  readonly names: Iterable<string> | undefined;
  receive(event: string, payload: object): void;
}

/** `names` keeps a set of keys, `ours` is our `PresenceClient`, and `counts` our store of counts. */
export type ClientViewKind = "names" | "ours" | "counts";

export function createClientView(kind: ClientViewKind): ClientView {
  if (kind === "counts") return new Counts();
  return kind === "ours" ? new Ours() : new Names();
}

/**
 * The leanest that knows exactly who is here, as each of this room is here once. A process that plays a thousand clients would
 * otherwise spend its time on a million parsed entries that it keeps, which no client of the world does.
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
