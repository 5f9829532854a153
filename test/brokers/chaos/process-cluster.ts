import { setTimeout as pause } from "node:timers/promises";
import type { DriverName } from "../../../scripts/brokers/drivers.ts";
import type { Dice } from "../../support/dice.ts";
import { type BrokerProxy, startProxy } from "../support/broker-proxy.ts";
import { NodeProcess } from "../support/node-process.ts";
import type { AuditedCluster } from "./audit.ts";

const NAMES = ["tokyo", "paris", "lima", "oslo", "cairo"];
const TOPICS = ["lobby", "kitchen"];
/** Longer than any audit: a dead replica must be hidden by then, not forgotten. */
const PERMDOWN_MS = 120_000;
/** How long to wait for a clean shutdown of a process. */
const CLOSE_TIMEOUT_MS = 10_000;

interface Member {
  node: NodeProcess;
  /** The proxy between the process and the broker. */
  readonly proxy: BrokerProxy;
  /** The presences that the process tracks, as `topic key`. After the faults, every process must list them. */
  readonly expected: Set<string>;
  isUnavailable: boolean;
}

/** Errors to plant, which the audit must find. */
export const plantedErrors = {
  /** A presence that no process is expected to have. */
  ghost: ({ node }: Member): void => node.track("a ghost"),
  /** An expected presence that no process tracks. */
  loss({ expected }: Member): void {
    expected.add("lobby missing");
  },
  /** A presence that is tracked twice but expected once. */
  double({ node, expected }: Member): void {
    expected.add("lobby a double");
    for (const owner of ["first", "second"]) node.track("a double", "lobby", owner);
  },
  /** A join in the diffs of one process for a presence that it does not list. */
  diff: ({ node }: Member): void => node.log.write({ joins: ["only in diffs"], leaves: [] }),
};

export type PlantedError = keyof typeof plantedErrors;

/** Five processes, and the presences that each of them must have, recorded independently of the broker. */
export class ProcessCluster implements AuditedCluster {
  joins = 0;
  leaves = 0;
  readonly #members: Member[] = [];
  readonly #port: number;
  readonly #start: (name: string) => NodeProcess;
  readonly #ready: (member: Member) => Promise<void>;
  #replacements = 0;
  #isStopped = false;

  constructor(driver: DriverName, port: number, program: string) {
    this.#port = port;
    this.#start = (name) => new NodeProcess(name, program);
    this.#ready = ({ node, proxy }) => node.start(driver, proxy.port, { permdownPeriodMs: PERMDOWN_MS });
  }

  async start(): Promise<void> {
    for (const name of NAMES) {
      const proxy = await startProxy(this.#port);
      this.#members.push({ node: this.#start(name), proxy, expected: new Set(), isUnavailable: false });
    }
    await Promise.all(this.#members.map(this.#ready));
  }

  /** Makes a visitor join or leave at a random process that is available. */
  joinOrLeave(dice: Dice): void {
    const available = this.#members.filter(({ isUnavailable }) => !isUnavailable);
    if (available.length === 0) return;
    const { node, expected } = dice.pick(available);
    if (expected.size > 0 && dice.chance(expected.size / 60)) {
      const [topic, key] = dice.pick([...expected]).split(" ") as [string, string];
      expected.delete(`${topic} ${key}`);
      node.end(key, topic);
      this.leaves += 1;
    } else {
      this.joins += 1;
      const [topic, key] = [dice.pick(TOPICS), `visitor-${this.joins}`];
      expected.add(`${topic} ${key}`);
      node.track(key, topic);
    }
  }

  /** Plants an error in the first process. */
  plantError(kind: PlantedError): void {
    plantedErrors[kind](this.#members[0]!);
  }

  /** Kills a process, and starts it again under the same name without presences. */
  killOne(dice: Dice): Promise<void> {
    return this.#withUnavailable(dice, async (member) => {
      await member.node.kill();
      await this.#startAgain(member);
    });
  }

  /** Kills a process, and starts one with another name. The other processes notice the death only by the silence. */
  replaceOne(dice: Dice): Promise<void> {
    return this.#withUnavailable(dice, async (member) => {
      await member.node.kill();
      this.#replacements += 1;
      await this.#startAgain(member, `${member.node.name.split(" ")[0]} ${this.#replacements}`);
    });
  }

  /** Shuts a process down cleanly, and starts it again under the same name without presences. */
  restartOne(dice: Dice): Promise<void> {
    return this.#withUnavailable(dice, async (member) => {
      const { node } = member;
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

  expected(): string[] {
    return this.#members.flatMap(({ expected }) => [...expected]).sort();
  }

  /** The list of each process, with an extra entry if its diffs add up to another list. */
  lists(): Promise<readonly (readonly string[])[]> {
    return Promise.all(
      this.#members.map(async ({ node }) => {
        const list = await node.list();
        const keys = list.map((entry) => entry.slice(entry.indexOf(" ") + 1));
        const areDiffsConsistent = keys.sort().join() === node.log.list().join();
        return areDiffsConsistent ? list : [...list, "diffs with another result"];
      }),
    );
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#members.map(({ node }) => node.kill()));
    for (const { proxy } of this.#members) proxy.close();
  }

  /** Retries until the process starts, because the broker may be away. */
  async #startAgain(member: Member, name: string = member.node.name): Promise<void> {
    this.leaves += member.expected.size;
    member.expected.clear();
    while (!this.#isStopped) {
      try {
        member.node = this.#start(name);
        return await this.#ready(member);
      } catch {
        await pause(100);
      }
    }
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
