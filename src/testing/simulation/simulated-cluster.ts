import type { RollcallError } from "../../errors.ts";
import { EventQueue } from "../event-queue.ts";
import { WALL_START_MS } from "../manual-clock.ts";
import type { NetworkConditions } from "../network/conditions.ts";
import { Network } from "../network/network.ts";
import type { Outage } from "../network/node-connection.ts";
import { queueClock } from "../queue-clock.ts";
import { seededRandom } from "../seeded-random.ts";
import { BrokenPromiseError } from "./broken-promise-error.ts";
import { disagreements } from "./checks/agreement.ts";
import { prematureDownReason, type TroubleFreeSince } from "./checks/deadlines.ts";
import { type IncarnationRecord, Ledger } from "./checks/ledger.ts";
import { missingPresences, overduePresences } from "./checks/presence-checks.ts";
import { TroubleLog } from "./checks/trouble-log.ts";
import type { ClusterContext } from "./cluster-context.ts";
import { EventLog } from "./event-log.ts";
import { SentMessageCounts } from "./sent-message-counts.ts";
import { SimulatedBroker } from "./simulated-broker.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import {
  heartbeatIntervalMs,
  type SimulatedTrackerOptions,
  type TrackerTimes,
  trackerTimesOf,
} from "./tracker-times.ts";

/** What a cluster is made with. */
export interface SimulatedClusterOptions {
  readonly seed: number;
  readonly trackerOptions: SimulatedTrackerOptions;
  readonly conditions: Partial<NetworkConditions>;
  /** Whether the story is to be read: in text it costs more than the simulation. */
  readonly recordLog: boolean;
}

/** Processes of any number of nodes, the network between them, and what is promised of them all. */
export class SimulatedCluster implements ClusterContext {
  readonly queue: EventQueue = new EventQueue();
  readonly ledger: Ledger = new Ledger();
  readonly bus: SimulatedBroker = new SimulatedBroker(this.queue);
  readonly traffic: SentMessageCounts = new SentMessageCounts();
  readonly trackerOptions: SimulatedTrackerOptions;
  readonly times: TrackerTimes;
  /** How the network is when nothing is wrong. */
  readonly usualConditions: NetworkConditions;
  readonly network: Network;
  readonly log: EventLog;
  /** The incarnation that lives on each node, by its label. */
  readonly processes: Map<string, SimulatedProcess> = new Map();
  readonly #random: () => number;
  readonly #clear: TroubleLog;
  readonly #wallOffsets = new Map<string, number>();
  #slowUntil = 0;
  #broken: BrokenPromiseError | undefined;

  constructor({ seed, trackerOptions, conditions, recordLog }: SimulatedClusterOptions) {
    this.#random = seededRandom(seed);
    this.trackerOptions = trackerOptions;
    this.times = trackerTimesOf(trackerOptions);
    const clock = queueClock(this.queue, () => this.queue.now + WALL_START_MS);
    this.network = new Network({ clock, random: seededRandom(this.nextSeed()), conditions });
    this.usualConditions = this.network.conditions;
    this.log = new EventLog(recordLog, () => this.queue.now);
    this.#clear = new TroubleLog(this);
    this.#look();
  }

  get now(): number {
    return this.queue.now;
  }

  get slackMs(): number {
    const { flushDelayMs } = this.times;
    return 8 * this.usualConditions.delayMs[1] + 8 * flushDelayMs + 1;
  }

  /** Whether messages take longer than usual, or some that did are under way. */
  get isSlow(): boolean {
    return this.now < this.#slowUntil || this.network.conditions.delayMs[1] > this.usualConditions.delayMs[1];
  }

  get settleMs(): number {
    return this.times.downPeriodMs + heartbeatIntervalMs(this.times) + 4 * this.times.broadcastPeriodMs;
  }

  nextSeed(): number {
    return Math.floor(this.#random() * 0x1_0000_0000);
  }

  advance(ms: number): void {
    this.queue.advance(ms);
  }

  start(label: string, replicaName: string): SimulatedProcess {
    const wallNow = () => this.queue.now + WALL_START_MS + (this.#wallOffsets.get(label) ?? 0);
    this.log.addLine(label, () => `starts as ${replicaName}`);
    const incarnation = new SimulatedProcess(this, { label, replicaName, wallNow, seed: this.nextSeed() });
    this.processes.set(label, incarnation);
    this.#clear.observeAll();
    return incarnation;
  }

  crash(label: string): void {
    this.#fault(label, "crashes", () => this.processes.get(label)?.crash());
    this.processes.delete(label);
  }

  close(label: string, options: { leave?: boolean }): void {
    this.#fault(label, `closes${options.leave ? ", leaving at once" : ""}`, () =>
      this.processes.get(label)?.close(options),
    );
    this.processes.delete(label);
  }

  pause(label: string): void {
    this.#fault(label, "is paused", () => this.processes.get(label)?.runtime.pause());
  }

  resume(label: string): void {
    const timersFirst = this.#random() < 0.5;
    this.#fault(label, `resumes, ${timersFirst ? "timers" : "messages"} first`, () =>
      this.processes.get(label)?.runtime.resume(timersFirst),
    );
  }

  jumpWall(label: string, ms: number): void {
    this.#fault(label, `has its clock set by ${Math.round(ms)} ms`, () =>
      this.#wallOffsets.set(label, (this.#wallOffsets.get(label) ?? 0) + ms),
    );
  }

  cut(from: string, to: string): void {
    this.#fault(from, `no longer reaches ${to}`, () => this.network.cut(from, to));
  }

  isolate(label: string): void {
    this.#fault(label, "is isolated", () => this.network.isolate(label));
  }

  partition(...groups: readonly (readonly string[])[]): void {
    const sides = groups.map((group) => group.join(", ")).join(" | ");
    this.#fault("network", `parts: ${sides}`, () => this.network.partition(...groups));
  }

  heal(from?: string, to?: string): void {
    const what =
      from === undefined ? "heals" : to === undefined ? `heals for ${from}` : `heals from ${from} to ${to}`;
    this.#fault("network", what, () => this.network.heal(from, to));
  }

  disconnect(label: string, outage: Outage): void {
    const { told = true, publishThrows = true } = outage;
    this.#fault(
      label,
      `loses the broker, ${told ? "and is told" : "untold"}, publish ${publishThrows ? "throws" : "is silent"}`,
      () => this.network.disconnect(label, outage),
    );
  }

  reconnect(label: string): void {
    this.#fault(label, "has the broker back", () => this.network.reconnect(label));
  }

  deafen(label: string): void {
    this.#fault(label, "is deaf from now on", () => this.network.deafen(label));
  }

  setConditions(conditions: Partial<NetworkConditions>): void {
    this.#slowUntil = Math.max(this.#slowUntil, this.now + this.network.conditions.delayMs[1]);
    this.#fault("network", `is ${JSON.stringify(conditions)} now`, () =>
      this.network.setConditions(conditions),
    );
  }

  setLink(from: string, to: string, conditions: Partial<NetworkConditions>): void {
    this.#fault(from, `to ${to} is ${JSON.stringify(conditions)} now`, () =>
      this.network.setLink(from, to, conditions),
    );
  }

  troubleFreeSince(observer: string, other: string): TroubleFreeSince {
    const clear = this.#clear.between(observer, other);
    const [one, another] = [this.processes.get(observer), this.processes.get(other)];
    if (one === undefined || another === undefined) return clear;
    // Where a later start has its name, a node is not listened to.
    const listening = Math.max(
      another.knownReplicas.acceptedFrom(one.incarnation),
      one.knownReplicas.acceptedFrom(another.incarnation),
    );
    return { ...clear, between: Math.max(clear.between, listening) };
  }

  reportBrokenPromise(label: string, what: string): void {
    if (this.#broken !== undefined) return;
    this.log.addLine(label, () => `BREAKS A PROMISE: ${what}`);
    this.#broken = new BrokenPromiseError(`At ${(this.now / 1_000).toFixed(3)} s ${label}: ${what}.`);
  }

  throwIfBroken(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  warned(label: string, warning: RollcallError): void {
    if (!EXPECTED_WARNINGS.has(warning.code)) this.reportBrokenPromise(label, `warned: ${warning.message}`);
  }

  arrived(observer: string, life: IncarnationRecord): void {
    this.traffic.heard(life.endedAt < this.now);
    this.#clear.observeNode(observer);
  }

  declaredDown(label: string, other: string): void {
    const rashness = prematureDownReason(this.#clear.troubleOf(label)!, this);
    if (rashness !== undefined) this.reportBrokenPromise(label, `takes ${other} for down ${rashness}`);
  }

  idChanged(label: string): void {
    this.#clear.idChanged(label);
  }

  /** What must hold at any time, and costs too much to look at after each step. */
  inspect(): void {
    for (const incarnation of this.processes.values()) {
      for (const what of overduePresences(incarnation, this))
        this.reportBrokenPromise(incarnation.label, what);
      for (const what of missingPresences(incarnation, this.processes.values(), this))
        this.reportBrokenPromise(incarnation.label, what);
    }
    for (const what of disagreements(this.processes.values(), this.now))
      this.reportBrokenPromise("cluster", what);
    this.throwIfBroken();
  }

  #look(): void {
    this.queue.add(() => {
      this.#clear.observeAll();
      this.inspect();
      this.#look();
    }, LOOK_PERIODS * this.times.broadcastPeriodMs);
  }

  #fault(who: string, what: string, happen: () => void): void {
    this.log.addLine(who, () => what);
    this.log.addToHash(what.length);
    happen();
    this.#clear.observeAll();
    for (const incarnation of this.processes.values()) incarnation.check();
  }
}

/** How often all is looked at that costs too much at each step. */
const LOOK_PERIODS = 3;

const EXPECTED_WARNINGS: ReadonlySet<string> = new Set(["DUPLICATE_REPLICA"]);
