import type { RollcallError } from "../../errors.ts";
import type { EventQueue } from "../event-queue.ts";
import type { Network } from "../network/network.ts";
import type { Clearness } from "./checks/deadlines.ts";
import type { Ledger, Life } from "./checks/ledger.ts";
import type { Story } from "./event-log.ts";
import type { Traffic } from "./sent-message-counts.ts";
import type { Bus } from "./simulated-broker.ts";
import type { Settings, SimulatedTrackerOptions } from "./tracker-times.ts";

/** What all processes of a cluster have in common. */
export interface Surroundings {
  readonly queue: EventQueue;
  readonly bus: Bus;
  readonly network: Network;
  readonly ledger: Ledger;
  readonly story: Story;
  readonly traffic: Traffic;
  readonly trackerOptions: SimulatedTrackerOptions;
  readonly settings: Settings;
  readonly now: number;
  /** What messages on their way and flushes may add to what is promised. */
  readonly slackMs: number;
  /** After so long without trouble nodes know of each other all that stands. */
  readonly calmMs: number;
  /** From when on two nodes, and the way between them, were without trouble. */
  clearness(observer: string, other: string): Clearness;
  /** A message of this life reached a node. */
  arrived(observer: string, life: Life): void;
  /** A node takes another one for down. */
  tookForDown(label: string, other: string): void;
  /** A node goes by another id. */
  renamed(label: string): void;
  /** A tracker warned of something. */
  warned(label: string, warning: RollcallError): void;
  /** A promise was broken: the first one is told, at the end of the step in which it broke. */
  broke(label: string, what: string): void;
  /** Throws what was broken. */
  rethrow(): void;
}
