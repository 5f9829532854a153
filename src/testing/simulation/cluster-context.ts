import type { RollcallError } from "../../errors.ts";
import type { EventQueue } from "../event-queue.ts";
import type { Network } from "../network/network.ts";
import type { TroubleFreeSince } from "./checks/deadlines.ts";
import type { IncarnationRecord, Ledger } from "./checks/ledger.ts";
import type { EventLog } from "./event-log.ts";
import type { SentMessageCounts } from "./sent-message-counts.ts";
import type { SimulatedBroker } from "./simulated-broker.ts";
import type { SimulatedTrackerOptions, TrackerTimes } from "./tracker-times.ts";

/** What all processes of a cluster have in common. */
export interface ClusterContext {
  readonly queue: EventQueue;
  readonly bus: SimulatedBroker;
  readonly network: Network;
  readonly ledger: Ledger;
  readonly log: EventLog;
  readonly traffic: SentMessageCounts;
  readonly trackerOptions: SimulatedTrackerOptions;
  readonly times: TrackerTimes;
  readonly now: number;
  /** What messages on their way and flushes may add to what is promised. */
  readonly slackMs: number;
  /** After so long without trouble nodes know of each other all that stands. */
  readonly settleMs: number;
  /** From when on two nodes, and the way between them, were without trouble. */
  troubleFreeSince(observer: string, other: string): TroubleFreeSince;
  /** A message of this life reached a node. */
  arrived(observer: string, life: IncarnationRecord): void;
  /** A node takes another one for down. */
  declaredDown(label: string, other: string): void;
  /** A node goes by another id. */
  idChanged(label: string): void;
  /** A tracker warned of something. */
  warned(label: string, warning: RollcallError): void;
  /** A promise was broken: the first one is told, at the end of the step in which it broke. */
  reportBrokenPromise(label: string, what: string): void;
  /** Throws what was broken. */
  throwIfBroken(): void;
}
