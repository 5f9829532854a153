import type { Meta } from "../../../payload.ts";
import type { ReplicaIncarnation } from "../../../wire/replica-message.ts";
import type { TrackerTimes } from "../tracker-times.ts";
import { NumberHistory } from "./number-history.ts";

/** One incarnation of a replica. A process that takes a new id begins a new one. */
export interface IncarnationRecord extends ReplicaIncarnation {
  /** The simulation's name of the node. */
  readonly node: string;
  /** When it crashed, closed or took another id. */
  endedAt: number;
  readonly times: TrackerTimes;
  /** How long its presences may linger after a later incarnation has replaced it. */
  readonly leaveDelayMs: number;
  /** How long its presences may linger after it has announced that it leaves. */
  leaveAfterMs: number;
}

/** A presence that was tracked, with the meta that it had at that time. */
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
  /** The latest time at which its own node may end it. */
  endsAt: number;
  /** The same presence after its node took another id. */
  successor: TrackedPresence | undefined;
}

/** All incarnations and presences that ever existed. The checks compare what nodes show with it. */
export class Ledger {
  readonly incarnations: Map<string, IncarnationRecord> = new Map();
  readonly presences: Map<string, TrackedPresence> = new Map();
  readonly #numbers = new Map<string, NumberHistory>();
  /** How many joins the trackers reported. */
  joins = 0;

  /** Records that a node runs an incarnation now. */
  begin(node: string, sender: ReplicaIncarnation, times: TrackerTimes): IncarnationRecord {
    const { leaveDelayMs } = times;
    const incarnation: IncarnationRecord = {
      ...sender,
      node,
      times,
      leaveDelayMs,
      leaveAfterMs: leaveDelayMs,
      endedAt: Number.POSITIVE_INFINITY,
    };
    this.incarnations.set(sender.id, incarnation);
    return incarnation;
  }

  /** The numbers that an incarnation has published. */
  numbersOf(id: string): NumberHistory {
    const known = this.#numbers.get(id) ?? new NumberHistory();
    this.#numbers.set(id, known);
    return known;
  }

  add(presence: TrackedPresence): TrackedPresence {
    this.presences.set(presence.ref, presence);
    return presence;
  }
}

/** A meta without its refs, as JSON, to compare it with another. */
export function contentOf(meta: Meta): string {
  const { phx_ref, phx_ref_prev, ...content } = meta;
  return JSON.stringify(content);
}
