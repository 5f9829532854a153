import type { RollcallError } from "../../errors.ts";
import type { EventQueue } from "../event-queue.ts";
import type { SimulatedNetwork } from "../network/lossy-network.ts";
import type { TroubleFreeSince } from "./checks/deadlines.ts";
import type { EarlyLeaves } from "./checks/early-leaves.ts";
import type { IncarnationRecord, Ledger } from "./checks/ledger.ts";
import type { EventLog } from "./event-log.ts";
import type { MessageCounts } from "./message-counts.ts";
import type { SimulatedBroker } from "./simulated-broker.ts";
import type { Stranger } from "./stranger.ts";
import type { TrackerTimes } from "./tracker-times.ts";

/** The parts of a cluster that all of its processes share. */
export interface ClusterContext {
  readonly queue: EventQueue;
  readonly broker: SimulatedBroker;
  readonly network: SimulatedNetwork;
  readonly stranger: Stranger;
  readonly ledger: Ledger;
  readonly earlyLeaves: EarlyLeaves;
  readonly log: EventLog;
  readonly messages: MessageCounts;
  /** The times of nodes without options of their own. */
  readonly times: TrackerTimes;
  readonly now: number;
  /** The time that messages on their way and flushes may add to a deadline. */
  readonly slackMs: number;
  /** After this time without trouble, each of two nodes with these times knows all presences of the other. */
  settleMs(one: TrackerTimes, other: TrackerTimes): number;
  /** Since when two nodes and the links between them have been free of trouble. */
  troubleFreeSince(observer: string, other: string): TroubleFreeSince;
  /** A message of an incarnation reached a node. */
  messageArrived(observer: string, incarnation: IncarnationRecord): void;
  /** A node declared another one down. */
  declaredDown(label: string, other: string): void;
  /** A node took another id. */
  idChanged(label: string): void;
  /** A tracker emitted a warning. */
  warned(label: string, warning: RollcallError): void;
  /** Records a broken promise. Only the first one counts. It is thrown at the end of the current step. */
  reportBrokenPromise(label: string, what: string): void;
  /** @throws {BrokenPromiseError} if a promise was broken. */
  throwIfBroken(): void;
}
