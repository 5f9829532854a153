import type { Sender } from "../../../wire/replica-message.ts";

/** One start of one replica, or what it was between two ids. */
export interface Life extends Sender {
  /** The node that lived it. */
  readonly node: string;
  /** When it crashed, closed or took another id. */
  endedAt: number;
  /** How long its presences may linger where a later start takes its place. */
  readonly leaveDelayMs: number;
  /** How long they may linger where it says itself that it goes. */
  lingerMs: number;
}

/** A presence that was tracked, as its own node said at that time. */
export interface Row {
  readonly ref: string;
  readonly previousRef: string | undefined;
  readonly topic: string;
  readonly key: string;
  /** The meta without refs, as JSON. */
  readonly content: string;
  readonly life: Life;
  /** When it was tracked. */
  readonly since: number;
  owner: string;
  /** When its owner is to be without it at the latest. */
  endsAt: number;
  /** The same presence, after its node took another id. */
  heir: Row | undefined;
}

/** All that was ever tracked, and by whom: what nodes show is held against it. */
export class Ledger {
  readonly lives: Map<string, Life> = new Map();
  readonly rows: Map<string, Row> = new Map();
  /** How many joins trackers told of. */
  joins = 0;

  /** Writes down that a replica goes by this id now. */
  begin(node: string, sender: Sender, leaveDelayMs: number): Life {
    const life: Life = {
      ...sender,
      node,
      leaveDelayMs,
      lingerMs: leaveDelayMs,
      endedAt: Number.POSITIVE_INFINITY,
    };
    this.lives.set(sender.id, life);
    return life;
  }

  add(row: Row): Row {
    this.rows.set(row.ref, row);
    return row;
  }

  /** Whose presence this is, by its ref. */
  lifeOf(ref: string): Life | undefined {
    return this.lives.get(ref.slice(0, ref.lastIndexOf(".")));
  }
}
