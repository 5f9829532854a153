import type { ReplicaIncarnation } from "../../../wire/replica-message.ts";

/** One start of one replica, or what it was between two ids. */
export interface IncarnationRecord extends ReplicaIncarnation {
  /** The node that lived it. */
  readonly node: string;
  /** When it crashed, closed or took another id. */
  endedAt: number;
  /** How long its presences may linger where a later start takes its place. */
  readonly leaveDelayMs: number;
  /** How long they may linger where it says itself that it goes. */
  leaveAfterMs: number;
}

/** A presence that was tracked, as its own node said at that time. */
export interface TrackedPresence {
  readonly ref: string;
  readonly previousRef: string | undefined;
  readonly topic: string;
  readonly key: string;
  /** The meta without refs, as JSON. */
  readonly content: string;
  readonly incarnation: IncarnationRecord;
  /** When it was tracked. */
  readonly since: number;
  owner: string;
  /** When its owner is to be without it at the latest. */
  endsAt: number;
  /** The same presence, after its node took another id. */
  successor: TrackedPresence | undefined;
}

/** All that was ever tracked, and by whom: what nodes show is held against it. */
export class Ledger {
  readonly incarnations: Map<string, IncarnationRecord> = new Map();
  readonly presences: Map<string, TrackedPresence> = new Map();
  /** How many joins trackers told of. */
  joins = 0;

  /** Writes down that a replica goes by this id now. */
  begin(node: string, sender: ReplicaIncarnation, leaveDelayMs: number): IncarnationRecord {
    const life: IncarnationRecord = {
      ...sender,
      node,
      leaveDelayMs,
      leaveAfterMs: leaveDelayMs,
      endedAt: Number.POSITIVE_INFINITY,
    };
    this.incarnations.set(sender.id, life);
    return life;
  }

  add(row: TrackedPresence): TrackedPresence {
    this.presences.set(row.ref, row);
    return row;
  }

  /** Whose presence this is, by its ref. */
  lifeOf(ref: string): IncarnationRecord | undefined {
    return this.incarnations.get(ref.slice(0, ref.lastIndexOf(".")));
  }
}
