import type { RollcallError } from "../../errors.ts";
import { HeartbeatIntervalError } from "../../replication/replication-errors.ts";
import { EventQueue, queueClock } from "../event-queue.ts";
import { WALL_START_MS } from "../manual-clock.ts";
import type { NetworkConditions } from "../network/conditions.ts";
import { SimulatedNetwork } from "../network/lossy-network.ts";
import type { Outage } from "../network/node-connection.ts";
import { seededRandom } from "../seeded-random.ts";
import { BrokenPromiseError } from "./broken-promise-error.ts";
import { overdueCounts, wrongCounts } from "./checks/count-checks.ts";
import { deafnessNoticedMs, prematureDownReason, type TroubleFreeSince } from "./checks/deadlines.ts";
import { EarlyLeaves } from "./checks/early-leaves.ts";
import { type IncarnationRecord, Ledger } from "./checks/ledger.ts";
import { disagreements, missingPresences, overduePresences } from "./checks/presence-checks.ts";
import { SlowLinks } from "./checks/slow-links.ts";
import { TroubleLog } from "./checks/trouble-log.ts";
import type { ClusterContext } from "./cluster-context.ts";
import { EventLog } from "./event-log.ts";
import { MessageCounts } from "./message-counts.ts";
import { SimulatedBroker } from "./simulated-broker.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { Stranger } from "./stranger.ts";
import {
  heartbeatIntervalMs,
  type SimulatedTrackerOptions,
  type TrackerTimes,
  timesBetween,
  trackerTimesOf,
} from "./tracker-times.ts";

export interface SimulatedClusterOptions {
  readonly seed: number;
  readonly trackerOptions: SimulatedTrackerOptions;
  /** Tracker options of one node, which win over those of all. */
  readonly optionsOf?: (label: string) => SimulatedTrackerOptions;
  readonly conditions: Partial<NetworkConditions>;
  /** Whether to record events as text, which takes longer than the simulation itself. */
  readonly recordLog: boolean;
}

/** The processes of all nodes, the network between them, and the checks of what the library promises. */
export class SimulatedCluster implements ClusterContext {
  readonly queue: EventQueue = new EventQueue();
  readonly ledger: Ledger = new Ledger();
  readonly earlyLeaves: EarlyLeaves = new EarlyLeaves();
  readonly broker: SimulatedBroker = new SimulatedBroker(this.queue);
  readonly messages: MessageCounts = new MessageCounts();
  readonly trackerOptions: SimulatedTrackerOptions;
  readonly times: TrackerTimes;
  /** The conditions of the network without faults. */
  readonly usualConditions: NetworkConditions;
  readonly network: SimulatedNetwork;
  readonly stranger: Stranger;
  readonly log: EventLog;
  /** The current process of each running node, by the label of the node. */
  readonly processes: Map<string, SimulatedProcess> = new Map();
  readonly #optionsOf: (label: string) => SimulatedTrackerOptions;
  readonly #random: () => number;
  readonly #slowLinks: SlowLinks;
  readonly #troubleLog: TroubleLog;
  readonly #wallOffsets = new Map<string, number>();
  #brokenPromise: BrokenPromiseError | undefined;

  constructor({
    seed,
    trackerOptions,
    optionsOf = () => ({}),
    conditions,
    recordLog,
  }: SimulatedClusterOptions) {
    this.#random = seededRandom(seed);
    this.trackerOptions = trackerOptions;
    this.#optionsOf = optionsOf;
    this.times = trackerTimesOf(trackerOptions);
    const clock = queueClock(this.queue, () => this.queue.now + WALL_START_MS);
    this.network = new SimulatedNetwork({ clock, random: seededRandom(this.nextSeed()), conditions });
    this.stranger = new Stranger(this.broker, this.network);
    this.usualConditions = this.network.conditions;
    this.log = new EventLog(recordLog, () => this.queue.now);
    this.#slowLinks = new SlowLinks(this.network, this.usualConditions.delayMs[1]);
    this.#troubleLog = new TroubleLog(this);
    this.#checkRegularly();
  }

  get now(): number {
    return this.queue.now;
  }

  get slackMs(): number {
    const { flushDelayMs } = this.times;
    return 8 * this.usualConditions.delayMs[1] + 8 * flushDelayMs + 1;
  }

  /** Whether messages from one node to another take longer than usual, or such messages are still on their way. */
  isSlow(from: string, to: string): boolean {
    return this.#slowLinks.isSlow(from, to, this.now);
  }

  settleMs(one: TrackerTimes, other: TrackerTimes): number {
    const { downPeriodMs, heartbeatIntervalMs, broadcastPeriodMs } = timesBetween(one, other);
    return downPeriodMs + heartbeatIntervalMs + 4 * broadcastPeriodMs;
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
    const process = new SimulatedProcess(this, {
      label,
      replicaName,
      trackerOptions: { ...this.trackerOptions, ...this.#optionsOf(label) },
      wallNow,
      seed: this.nextSeed(),
    });
    this.processes.set(label, process);
    this.#troubleLog.observeAll();
    return process;
  }

  crash(label: string): void {
    this.#injectFault(label, "crashes", () => this.processes.get(label)?.crash());
    this.processes.delete(label);
  }

  close(label: string, options: { leave?: boolean }): void {
    this.#injectFault(label, `closes${options.leave ? ", leaving at once" : ""}`, () =>
      this.processes.get(label)?.close(options),
    );
    this.processes.delete(label);
  }

  pause(label: string): void {
    this.#injectFault(label, "is paused", () => this.processes.get(label)?.runtime.pause());
  }

  resume(label: string): void {
    const timersFirst = this.#random() < 0.5;
    this.#injectFault(label, `resumes, with its ${timersFirst ? "timers" : "messages"} first`, () =>
      this.processes.get(label)?.runtime.resume(timersFirst),
    );
  }

  jumpWall(label: string, ms: number): void {
    this.#injectFault(label, `has its wall clock changed by ${Math.round(ms)} ms`, () =>
      this.#wallOffsets.set(label, (this.#wallOffsets.get(label) ?? 0) + ms),
    );
  }

  cut(from: string, to: string): void {
    this.#injectFault(from, `is cut off towards ${to}`, () => this.network.cut(from, to));
  }

  isolate(label: string): void {
    this.#injectFault(label, "is isolated", () => this.network.isolate(label));
  }

  partition(...groups: readonly (readonly string[])[]): void {
    const sides = groups.map((group) => group.join(", ")).join(" | ");
    this.#injectFault("network", `is partitioned: ${sides}`, () => this.network.partition(...groups));
  }

  heal(from?: string, to?: string): void {
    const what =
      from === undefined ? "heals" : to === undefined ? `heals for ${from}` : `heals from ${from} to ${to}`;
    this.#injectFault("network", what, () => this.network.heal(from, to));
  }

  disconnect(label: string, outage: Outage): void {
    const { told = true, publishThrows = true } = outage;
    this.#injectFault(
      label,
      `is disconnected${told ? "" : " without a report"}; publish ${publishThrows ? "throws" : "loses messages"}`,
      () => this.network.disconnect(label, outage),
    );
  }

  reconnect(label: string): void {
    this.#injectFault(label, "reconnects", () => this.network.reconnect(label));
  }

  deafen(label: string): void {
    this.#injectFault(label, "stops receiving", () => this.network.deafen(label));
  }

  setConditions(conditions: Partial<NetworkConditions>): void {
    this.#slowLinks.changing(this.now);
    this.#injectFault("network", `changes to ${JSON.stringify(conditions)}`, () =>
      this.network.setConditions(conditions),
    );
  }

  setLink(from: string, to: string, conditions: Partial<NetworkConditions>): void {
    this.#slowLinks.changingLink(from, to, this.now);
    this.#injectFault(from, `changes its link to ${to} to ${JSON.stringify(conditions)}`, () =>
      this.network.setLink(from, to, conditions),
    );
  }

  troubleFreeSince(observer: string, other: string): TroubleFreeSince {
    const troubleFree = this.#troubleLog.between(observer, other);
    const [one, another] = [this.processes.get(observer), this.processes.get(other)];
    if (one === undefined || another === undefined) return troubleFree;
    // A node refuses messages of another one while a later incarnation has its name.
    const acceptedFrom = Math.max(
      another.knownReplicas.acceptedFrom(one.incarnation),
      one.knownReplicas.acceptedFrom(another.incarnation),
    );
    return { ...troubleFree, between: Math.max(troubleFree.between, acceptedFrom) };
  }

  reportBrokenPromise(label: string, what: string): void {
    if (this.#brokenPromise !== undefined) return;
    this.log.addLine(label, () => `BREAKS A PROMISE: ${what}`);
    this.#brokenPromise = new BrokenPromiseError(`At ${(this.now / 1_000).toFixed(3)} s ${label}: ${what}.`);
  }

  throwIfBroken(): void {
    if (this.#brokenPromise !== undefined) throw this.#brokenPromise;
  }

  warned(label: string, warning: RollcallError): void {
    if (warning instanceof HeartbeatIntervalError) this.#intervalReported(label, warning);
    else if (warning.code === "RESUBSCRIBING") this.#resubscribingReported(label, warning);
    else if (warning.code !== "DUPLICATE_REPLICA")
      this.reportBrokenPromise(label, `warned: ${warning.message}`);
  }

  messageArrived(observer: string, incarnation: IncarnationRecord): void {
    this.messages.received(incarnation.endedAt < this.now);
    this.#troubleLog.observeNode(observer);
    if (this.processes.get(observer)?.incarnation === incarnation)
      this.#troubleLog.ownMessageArrived(observer);
  }

  declaredDown(label: string, other: string): void {
    const { times } = this.processes.get(label)!;
    const { slackMs, now } = this;
    const reason = prematureDownReason(this.#troubleLog.troubleOf(label)!, { times, slackMs, now });
    if (reason !== undefined) this.reportBrokenPromise(label, `declares ${other} down ${reason}`);
  }

  idChanged(label: string): void {
    const times = this.processes.get(label)?.times;
    this.#troubleLog.idChanged(label, times === undefined ? 0 : deafnessNoticedMs(times) + this.slackMs);
  }

  /** Runs the checks that take too long to run after each step. */
  checkAll(): void {
    for (const process of this.processes.values()) {
      for (const what of this.#wronglyShown(process)) this.reportBrokenPromise(process.label, what);
      process.checkRefusals();
    }
    for (const what of disagreements(this.processes.values(), this.now))
      this.reportBrokenPromise("cluster", what);
    this.throwIfBroken();
  }

  *#wronglyShown(process: SimulatedProcess): Generator<string> {
    const all = this.processes.values();
    if (process.countAuditor === undefined) {
      yield* overduePresences(process, this);
      yield* missingPresences(process, all, this);
    } else {
      process.countAuditor.compare();
      yield* overdueCounts(process, this);
      yield* wrongCounts(process, all, this);
    }
  }

  #checkRegularly(): void {
    this.queue.add(() => {
      this.#troubleLog.observeAll();
      this.checkAll();
      this.#checkRegularly();
    }, PERIODS_BETWEEN_CHECKS * this.times.broadcastPeriodMs);
  }

  /** A node reports that it resubscribes in vain only if it could not hear until now, or messages are slow. */
  #resubscribingReported(label: string, { message }: RollcallError): void {
    const { times } = this.processes.get(label)!;
    const intervalMs = heartbeatIntervalMs(times);
    const { to } = this.#troubleLog.troubleOf(label)!;
    const isSlow = this.isSlow(label, label) || this.usualConditions.delayMs[1] > intervalMs;
    const couldHear = this.now > to + intervalMs + times.broadcastPeriodMs + this.slackMs;
    if (couldHear && !isSlow) this.reportBrokenPromise(label, `warned: ${message}`);
  }

  /** A node reports each heartbeat interval once, and only intervals that another node has. */
  #intervalReported(label: string, { heartbeatIntervalMs: reported, message }: HeartbeatIntervalError): void {
    const { times, reportedIntervals } = this.processes.get(label)!;
    const isKnown = [...this.ledger.incarnations.values()].some(
      (incarnation) => Math.ceil(heartbeatIntervalMs(incarnation.times)) === reported,
    );
    const isOwn = Math.ceil(heartbeatIntervalMs(times)) === reported;
    if (!isKnown || isOwn || reportedIntervals.has(reported))
      this.reportBrokenPromise(label, `warned: ${message}`);
    reportedIntervals.add(reported);
  }

  #injectFault(label: string, description: string, apply: () => void): void {
    this.log.addLine(label, () => description);
    this.log.addToHash(description.length);
    apply();
    this.#troubleLog.observeAll();
    for (const process of this.processes.values()) process.check();
  }
}

/** How many broadcast periods pass between two runs of `checkAll`. */
const PERIODS_BETWEEN_CHECKS = 3;
