import { setTimeout as pause } from "node:timers/promises";
import type { DriverName } from "../../../scripts/brokers/drivers.ts";
import type { Dice } from "../../support/dice.ts";
import { type BrokerProxy, startProxy } from "../support/broker-proxy.ts";
import { NodeProcess } from "../support/node-process.ts";
import type { AuditedCluster } from "./audit.ts";

const NAMES = ["tokyo", "paris", "lima", "oslo", "cairo"];
const TOPICS = ["lobby", "kitchen"];
/** Longer than any peace: who is dead has to be hidden in it, and not forgotten only. */
const PERMDOWN_MS = 120_000;
/** Who asks a process to end waits no longer for it. */
const PATIENCE_MS = 10_000;

interface Member {
  node: NodeProcess;
  /** Between it and the broker. */
  readonly line: BrokerProxy;
  /** What it was told to hold, and must be shown by everybody once there is peace: `topic key`. */
  readonly held: Set<string>;
  isAway: boolean;
}

/** What an auditor has to find. */
export const plantedErrors = {
  /** Somebody is shown whom the truth does not know. */
  ghost: ({ node }: Member): void => node.track("a ghost"),
  /** The truth knows somebody whom nobody shows. */
  loss({ held }: Member): void {
    held.add("lobby nobody");
  },
  /** Somebody is shown, and counted, once more than is true. */
  double({ node, held }: Member): void {
    held.add("lobby a double");
    for (const owner of ["one", "the other"]) node.track("a double", "lobby", owner);
  },
  /** The diffs of one process told of somebody whom it does not list. */
  diff: ({ node }: Member): void => node.diary.write({ joins: ["hearsay"], leaves: [] }),
};

export type PlantedError = keyof typeof plantedErrors;

/** Five processes, and what each was told: the truth, which no broker can touch. */
export class ProcessCluster implements AuditedCluster {
  joins = 0;
  leaves = 0;
  readonly #members: Member[] = [];
  readonly #port: number;
  readonly #start: (name: string) => NodeProcess;
  readonly #ready: (member: Member) => Promise<void>;
  #replaced = 0;
  #isOver = false;

  constructor(driver: DriverName, port: number, program: string) {
    this.#port = port;
    this.#start = (name) => new NodeProcess(name, program);
    this.#ready = ({ node, line }) => node.start(driver, line.port, { permdownPeriodMs: PERMDOWN_MS });
  }

  async start(): Promise<void> {
    for (const name of NAMES) {
      const line = await startProxy(this.#port);
      this.#members.push({ node: this.#start(name), line, held: new Set(), isAway: false });
    }
    await Promise.all(this.#members.map(this.#ready));
  }

  /** Somebody comes or goes, on a process that can be told. */
  joinOrLeave(dice: Dice): void {
    const present = this.#members.filter(({ isAway }) => !isAway);
    if (present.length === 0) return;
    const { node, held } = dice.pick(present);
    if (held.size > 0 && dice.chance(held.size / 60)) {
      const [topic, key] = dice.pick([...held]).split(" ") as [string, string];
      held.delete(`${topic} ${key}`);
      node.end(key, topic);
      this.leaves += 1;
    } else {
      this.joins += 1;
      const [topic, key] = [dice.pick(TOPICS), `visitor-${this.joins}`];
      held.add(`${topic} ${key}`);
      node.track(key, topic);
    }
  }

  /** From now on the truth is not what the processes were told. */
  plantError(kind: PlantedError): void {
    plantedErrors[kind](this.#members[0]!);
  }

  /** It is killed, and starts again under its name with nobody. */
  killOne(dice: Dice): Promise<void> {
    return this.#away(dice, async (member) => {
      await member.node.kill();
      await this.#startAgain(member);
    });
  }

  /** It is killed, and another starts in its stead: nobody but time tells the others that it is dead. */
  replaceOne(dice: Dice): Promise<void> {
    return this.#away(dice, async (member) => {
      await member.node.kill();
      this.#replaced += 1;
      await this.#startAgain(member, `${member.node.name.split(" ")[0]} ${this.#replaced}`);
    });
  }

  /** It is asked to end, and starts again under its name with nobody. */
  restartOne(dice: Dice): Promise<void> {
    return this.#away(dice, async (member) => {
      const { node } = member;
      // The broker may be away, and have its client wait.
      await Promise.race([node.close(), pause(PATIENCE_MS, undefined, { ref: false })]);
      await node.kill();
      await this.#startAgain(member);
    });
  }

  freezeOne(dice: Dice, meanwhile: () => Promise<void>): Promise<void> {
    return this.#away(dice, async ({ node }) => {
      node.freeze();
      await meanwhile();
      node.thaw();
    });
  }

  /** It has no broker, while the others do; and goes on. */
  async cutOne(dice: Dice, meanwhile: () => Promise<void>): Promise<void> {
    const { line } = dice.pick(this.#members);
    const { port } = line;
    line.close();
    await meanwhile();
    await line.open(port);
  }

  expected(): string[] {
    return this.#members.flatMap(({ held }) => [...held]).sort();
  }

  /** What each lists; where its own diffs say otherwise, that as well. */
  lists(): Promise<readonly (readonly string[])[]> {
    return Promise.all(
      this.#members.map(async ({ node }) => {
        const list = await node.list();
        const keys = list.map((entry) => entry.slice(entry.indexOf(" ") + 1));
        const isReplayed = keys.sort().join() === node.diary.list().join();
        return isReplayed ? list : [...list, "diffs that say otherwise"];
      }),
    );
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#members.map(({ node }) => node.kill()));
    for (const { line } of this.#members) line.close();
  }

  /** As often as it needs: the broker may be away. */
  async #startAgain(member: Member, name: string = member.node.name): Promise<void> {
    this.leaves += member.held.size;
    member.held.clear();
    while (!this.#isOver) {
      try {
        member.node = this.#start(name);
        return await this.#ready(member);
      } catch {
        await pause(100);
      }
    }
  }

  async #away(dice: Dice, act: (member: Member) => Promise<void>): Promise<void> {
    const present = this.#members.filter(({ isAway }) => !isAway);
    if (present.length === 0) return;
    const member = dice.pick(present);
    member.isAway = true;
    await act(member);
    member.isAway = false;
  }
}
