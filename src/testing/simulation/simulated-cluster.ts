import type { RollcallError } from "../../errors.ts";
import { EventQueue } from "../event-queue.ts";
import { WALL_START_MS } from "../manual-clock.ts";
import type { Conditions } from "../network/conditions.ts";
import { Network } from "../network/network.ts";
import type { Outage } from "../network/node-connection.ts";
import { queueClock } from "../queue-clock.ts";
import { seededRandom } from "../seeded-random.ts";
import { BrokenPromiseError } from "./broken-promise-error.ts";
import { disagreementOf } from "./checks/agreement.ts";
import { type Clearness, rashnessOf } from "./checks/deadlines.ts";
import { Ledger, type Life } from "./checks/ledger.ts";
import { missingAt, overdueAt } from "./checks/presence-checks.ts";
import { Clear } from "./checks/trouble-log.ts";
import type { Surroundings } from "./cluster-context.ts";
import { Story } from "./event-log.ts";
import { Traffic } from "./sent-message-counts.ts";
import { Bus } from "./simulated-broker.ts";
import { Incarnation } from "./simulated-process.ts";
import {
  heartbeatIntervalMs,
  type Settings,
  type SimulatedTrackerOptions,
  settingsOf,
} from "./tracker-times.ts";

/** What a cluster is made with. */
export interface ClusterOptions {
  readonly seed: number;
  readonly trackerOptions: SimulatedTrackerOptions;
  readonly conditions: Partial<Conditions>;
  /** Whether the story is to be read: in text it costs more than the simulation. */
  readonly isTold: boolean;
}

/** Processes of any number of nodes, the network between them, and what is promised of them all. */
export class Cluster implements Surroundings {
  readonly queue: EventQueue = new EventQueue();
  readonly ledger: Ledger = new Ledger();
  readonly bus: Bus = new Bus(this.queue);
  readonly traffic: Traffic = new Traffic();
  readonly trackerOptions: SimulatedTrackerOptions;
  readonly settings: Settings;
  /** How the network is when nothing is wrong. */
  readonly usualConditions: Conditions;
  readonly network: Network;
  readonly story: Story;
  /** The incarnation that lives on each node, by its label. */
  readonly living: Map<string, Incarnation> = new Map();
  readonly #random: () => number;
  readonly #clear: Clear;
  readonly #wallOffsets = new Map<string, number>();
  #slowUntil = 0;
  #broken: BrokenPromiseError | undefined;

  constructor({ seed, trackerOptions, conditions, isTold }: ClusterOptions) {
    this.#random = seededRandom(seed);
    this.trackerOptions = trackerOptions;
    this.settings = settingsOf(trackerOptions);
    const clock = queueClock(this.queue, () => this.queue.now + WALL_START_MS);
    this.network = new Network({ clock, random: seededRandom(this.nextSeed()), conditions });
    this.usualConditions = this.network.conditions;
    this.story = new Story(isTold, () => this.queue.now);
    this.#clear = new Clear(this);
    this.#look();
  }

  get now(): number {
    return this.queue.now;
  }

  get slackMs(): number {
    const { flushDelayMs } = this.settings;
    return 8 * this.usualConditions.delayMs[1] + 8 * flushDelayMs + 1;
  }

  /** Whether messages take longer than usual, or some that did are under way. */
  get isSlow(): boolean {
    return this.now < this.#slowUntil || this.network.conditions.delayMs[1] > this.usualConditions.delayMs[1];
  }

  get calmMs(): number {
    return (
      this.settings.downPeriodMs + heartbeatIntervalMs(this.settings) + 4 * this.settings.broadcastPeriodMs
    );
  }

  nextSeed(): number {
    return Math.floor(this.#random() * 0x1_0000_0000);
  }

  advance(ms: number): void {
    this.queue.advance(ms);
  }

  start(label: string, replicaName: string): Incarnation {
    const wallNow = () => this.queue.now + WALL_START_MS + (this.#wallOffsets.get(label) ?? 0);
    this.story.tell(label, () => `starts as ${replicaName}`);
    const incarnation = new Incarnation(this, { label, replicaName, wallNow, seed: this.nextSeed() });
    this.living.set(label, incarnation);
    this.#clear.look();
    return incarnation;
  }

  crash(label: string): void {
    this.#fault(label, "crashes", () => this.living.get(label)?.crash());
    this.living.delete(label);
  }

  close(label: string, options: { leave?: boolean }): void {
    this.#fault(label, `closes${options.leave ? ", leaving at once" : ""}`, () =>
      this.living.get(label)?.close(options),
    );
    this.living.delete(label);
  }

  pause(label: string): void {
    this.#fault(label, "is paused", () => this.living.get(label)?.process.pause());
  }

  resume(label: string): void {
    const timersFirst = this.#random() < 0.5;
    this.#fault(label, `resumes, ${timersFirst ? "timers" : "messages"} first`, () =>
      this.living.get(label)?.process.resume(timersFirst),
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

  setConditions(conditions: Partial<Conditions>): void {
    this.#slowUntil = Math.max(this.#slowUntil, this.now + this.network.conditions.delayMs[1]);
    this.#fault("network", `is ${JSON.stringify(conditions)} now`, () =>
      this.network.setConditions(conditions),
    );
  }

  setLink(from: string, to: string, conditions: Partial<Conditions>): void {
    this.#fault(from, `to ${to} is ${JSON.stringify(conditions)} now`, () =>
      this.network.setLink(from, to, conditions),
    );
  }

  clearness(observer: string, other: string): Clearness {
    const clear = this.#clear.between(observer, other);
    const [one, another] = [this.living.get(observer), this.living.get(other)];
    if (one === undefined || another === undefined) return clear;
    // Where a later start has its name, a node is not listened to.
    const listening = Math.max(another.hearing.listensFrom(one.life), one.hearing.listensFrom(another.life));
    return { ...clear, between: Math.max(clear.between, listening) };
  }

  broke(label: string, what: string): void {
    if (this.#broken !== undefined) return;
    this.story.tell(label, () => `BREAKS A PROMISE: ${what}`);
    this.#broken = new BrokenPromiseError(`At ${(this.now / 1_000).toFixed(3)} s ${label}: ${what}.`);
  }

  rethrow(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  warned(label: string, warning: RollcallError): void {
    if (!EXPECTED_WARNINGS.has(warning.code)) this.broke(label, `warned: ${warning.message}`);
  }

  arrived(observer: string, life: Life): void {
    this.traffic.heard(life.endedAt < this.now);
    this.#clear.lookAt(observer);
  }

  tookForDown(label: string, other: string): void {
    const rashness = rashnessOf(this.#clear.troubleOf(label)!, this);
    if (rashness !== undefined) this.broke(label, `takes ${other} for down ${rashness}`);
  }

  renamed(label: string): void {
    this.#clear.renewed(label);
  }

  /** What must hold at any time, and costs too much to look at after each step. */
  inspect(): void {
    for (const incarnation of this.living.values()) {
      for (const what of overdueAt(incarnation, this)) this.broke(incarnation.label, what);
      for (const what of missingAt(incarnation, this.living.values(), this))
        this.broke(incarnation.label, what);
    }
    for (const what of disagreementOf(this.living.values(), this.now)) this.broke("cluster", what);
    this.rethrow();
  }

  #look(): void {
    this.queue.add(() => {
      this.#clear.look();
      this.inspect();
      this.#look();
    }, LOOK_PERIODS * this.settings.broadcastPeriodMs);
  }

  #fault(who: string, what: string, happen: () => void): void {
    this.story.tell(who, () => what);
    this.story.note(what.length);
    happen();
    this.#clear.look();
    for (const incarnation of this.living.values()) incarnation.settle();
  }
}

/** How often all is looked at that costs too much at each step. */
const LOOK_PERIODS = 3;

const EXPECTED_WARNINGS: ReadonlySet<string> = new Set(["DUPLICATE_REPLICA"]);
