import { setTimeout as pause } from "node:timers/promises";
import type { DriverName } from "../../../scripts/brokers/drivers.ts";
import type { ReplicateMode } from "../../../src/wire/replica-message.ts";
import type { Dice } from "../../support/dice.ts";
import { type BrokerProxy, startProxy } from "../support/broker-proxy.ts";
import { monotonicNow } from "../support/monotonic-now.ts";
import { NodeProcess } from "../support/node-process.ts";
import { COUNTED_KEYS, type Numbers } from "../support/replicate-modes.ts";
import type { AuditedCluster, ShownByAll } from "./audit.ts";
import { DiffWatch } from "./diff-watch.ts";
import { type PlantedError, plantedErrors } from "./planted-errors.ts";
import { Visits } from "./visits.ts";

const NAMES = ["tokyo", "paris", "lima", "oslo", "cairo"];
const TOPICS = ["lobby", "kitchen"];
/** Longer than any audit: a dead replica must be hidden by then, not forgotten. */
const PERMDOWN_MS = 120_000;
/** How long to wait for a clean shutdown of a process. */
const CLOSE_TIMEOUT_MS = 10_000;

interface Member {
  node: NodeProcess;
  watch: DiffWatch;
  /** The proxy between the process and the broker. */
  readonly proxy: BrokerProxy;
  isUnavailable: boolean;
}

interface ProcessClusterOptions {
  readonly driver: DriverName;
  readonly replicate: ReplicateMode;
  readonly leaveDelayMs: number;
  /** The port of the broker. */
  readonly port: number;
  /** The bundled program of the processes. */
  readonly program: string;
}

/** Five processes, and the visits that they must show, recorded independently of the broker. */
export class ProcessCluster implements AuditedCluster {
  /** What no process may ever show, in words. */
  readonly problems: string[] = [];
  readonly #options: ProcessClusterOptions;
  readonly #visits = new Visits();
  readonly #members: Member[] = [];
  #replacements = 0;
  #isStopped = false;

  constructor(options: ProcessClusterOptions) {
    this.#options = options;
  }

  get joins(): number {
    return this.#visits.joins;
  }

  get leaves(): number {
    return this.#visits.leaves;
  }

  async start(): Promise<void> {
    for (const name of NAMES) {
      const proxy = await startProxy(this.#options.port);
      this.#members.push({ ...this.#fork(name), proxy, isUnavailable: false });
    }
    await Promise.all(this.#members.map((member) => this.#ready(member)));
  }

  /** Makes a visitor join or leave at a random process that is available. */
  joinOrLeave(dice: Dice): void {
    const available = this.#members.filter(({ isUnavailable }) => !isUnavailable);
    if (available.length === 0) return;
    const { node } = dice.pick(available);
    const owners = this.#visits.ownersAt(node.id);
    if (owners.length > 0 && dice.chance(owners.length / 60)) {
      const owner = dice.pick(owners);
      this.#visits.end(node.id, owner, monotonicNow());
      node.end(owner);
    } else {
      const [topic, owner] = [dice.pick(TOPICS), `visitor-${this.joins + 1}`];
      const key = this.#keyOf(owner, dice);
      this.#visits.start(node.id, owner, `${topic} ${key}`, monotonicNow());
      node.track(key, topic, owner);
    }
  }

  /** Plants an error in the first process. */
  plantError(kind: PlantedError): void {
    const { node, watch } = this.#members[0]!;
    plantedErrors[kind]({ node, watch, visits: this.#visits, keyOf: (visitor) => this.#keyOf(visitor) });
  }

  /** Kills a process, and starts it again under the same name without presences. */
  killOne(dice: Dice): Promise<void> {
    return this.#withUnavailable(dice, async (member) => {
      this.#endVisits(member);
      await member.node.kill();
      await this.#startAgain(member);
    });
  }

  /** Kills a process, and starts one with another name. The other processes notice the death only by the silence. */
  replaceOne(dice: Dice): Promise<void> {
    return this.#withUnavailable(dice, async (member) => {
      this.#endVisits(member);
      await member.node.kill();
      this.#replacements += 1;
      await this.#startAgain(member, `${member.node.name.split(" ")[0]} ${this.#replacements}`);
    });
  }

  /** Shuts a process down cleanly, and starts it again under the same name without presences. */
  restartOne(dice: Dice): Promise<void> {
    return this.#withUnavailable(dice, async (member) => {
      const { node } = member;
      this.#endVisits(member);
      // If the broker is away, the client may block the shutdown.
      await Promise.race([node.close(), pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
      await node.kill();
      await this.#startAgain(member);
    });
  }

  freezeOne(dice: Dice, meanwhile: () => Promise<void>): Promise<void> {
    return this.#withUnavailable(dice, async ({ node }) => {
      node.freeze();
      await meanwhile();
      node.thaw();
    });
  }

  /** Cuts a running process off the broker, while the others stay connected. */
  async cutOne(dice: Dice, meanwhile: () => Promise<void>): Promise<void> {
    const { proxy } = dice.pick(this.#members);
    const { port } = proxy;
    proxy.close();
    await meanwhile();
    await proxy.open(port);
  }

  expected(): Numbers {
    return this.#visits.numbers();
  }

  /** The numbers of each process, with an extra place if its diffs add up to others. */
  async show(): Promise<ShownByAll> {
    const ids = this.#members.map(({ node }) => node.id);
    const answers = await Promise.all(
      this.#members.map(async ({ node, watch }) => {
        const { numbers, heardSince } = await node.show();
        const areDiffsConsistent = isEqual(numbers, watch.numbers);
        return {
          numbers: areDiffsConsistent ? numbers : { ...numbers, "diffs with another result": 1 },
          hearsSince: Math.max(...ids.map((id) => heardSince[id] ?? Number.POSITIVE_INFINITY)),
        };
      }),
    );
    const allHearSince = Math.max(...answers.map(({ hearsSince }) => hearsSince));
    return {
      numbers: answers.map(({ numbers }) => numbers),
      allHearSince: allHearSince === Number.POSITIVE_INFINITY ? undefined : allHearSince,
    };
  }

  /** All processes show the expected numbers. From now on each must go on to show them, as far as it can know them. */
  agreed(): void {
    this.#visits.agreed();
    for (const { node, watch } of this.#members) {
      watch.agreed();
      node.forgetSilence();
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#members.map(({ node }) => node.kill()));
    for (const { proxy } of this.#members) proxy.close();
  }

  /** Retries until the process starts, because the broker may be away. */
  async #startAgain(member: Member, name: string = member.node.name): Promise<void> {
    while (!this.#isStopped) {
      try {
        Object.assign(member, this.#fork(name));
        return await this.#ready(member);
      } catch {
        await pause(100);
      }
    }
  }

  #fork(name: string): Pick<Member, "node" | "watch"> {
    const watch = new DiffWatch(name, this.#visits, (problem) => this.problems.push(problem));
    return { node: new NodeProcess(name, this.#options.program, watch.add), watch };
  }

  #ready({ node, proxy }: Member): Promise<void> {
    const { driver, replicate, leaveDelayMs } = this.#options;
    return node.start(driver, proxy.port, { replicate, leaveDelayMs, permdownPeriodMs: PERMDOWN_MS });
  }

  /** Ends the visits of a process right before it ends. */
  #endVisits({ node }: Member): void {
    this.#visits.endAll(node.id, monotonicNow());
  }

  /** The key of a visitor: its name, or one of the counted keys. */
  #keyOf(visitor: string, dice?: Dice): string {
    if (this.#options.replicate === "presences") return visitor;
    return dice === undefined ? COUNTED_KEYS[0] : dice.pick(COUNTED_KEYS);
  }

  async #withUnavailable(dice: Dice, act: (member: Member) => Promise<void>): Promise<void> {
    const available = this.#members.filter(({ isUnavailable }) => !isUnavailable);
    if (available.length === 0) return;
    const member = dice.pick(available);
    member.isUnavailable = true;
    await act(member);
    member.isUnavailable = false;
  }
}

function isEqual(one: Numbers, other: Numbers): boolean {
  const places = Object.keys(one);
  return places.length === Object.keys(other).length && places.every((place) => one[place] === other[place]);
}
