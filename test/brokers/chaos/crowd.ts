import { setTimeout as pause } from "node:timers/promises";
import type { Dice } from "../../../src/testing/chaos/dice.ts";
import type { DriverName } from "../support/drivers.ts";
import { NodeProcess } from "../support/node-process.ts";

const NAMES = ["tokyo", "paris", "lima", "oslo", "cairo"];
const TOPICS = ["lobby", "kitchen"];

interface Member {
  node: NodeProcess;
  /** What it was told to hold, and must be shown by everybody once there is peace: `topic key`. */
  readonly held: Set<string>;
  isAway: boolean;
}

/** Five processes, and what each was told: the truth, which no broker can touch. */
export class Crowd {
  joins = 0;
  leaves = 0;
  readonly #members: Member[] = [];
  readonly #start: (name: string) => NodeProcess;
  readonly #ready: (node: NodeProcess) => Promise<void>;
  #isOver = false;

  constructor(driver: DriverName, port: number, program: string) {
    this.#start = (name) => new NodeProcess(name, program);
    this.#ready = (node) => node.start(driver, port);
  }

  async gather(): Promise<void> {
    this.#members.push(
      ...NAMES.map((name) => ({ node: this.#start(name), held: new Set<string>(), isAway: false })),
    );
    await Promise.all(this.#members.map(({ node }) => this.#ready(node)));
  }

  /** Somebody comes or goes, on a process that can be told. */
  stir(dice: Dice): void {
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

  /** It is killed, and starts again under its name with nobody. */
  killOne(dice: Dice): Promise<void> {
    return this.#away(dice, async (member) => {
      this.leaves += member.held.size;
      member.held.clear();
      await member.node.kill();
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

  truth(): string[] {
    return this.#members.flatMap(({ held }) => [...held]).sort();
  }

  /** What each lists; where its own diffs say otherwise, that as well. */
  async lists(): Promise<readonly (readonly string[])[]> {
    const lists = await Promise.all(this.#members.map(({ node }) => node.list()));
    const replayed = this.#members.map(({ node }) => [...node.diary.keys].sort().join());
    const differ = lists.filter(
      (list, at) =>
        list
          .map((entry) => entry.split(" ")[1])
          .sort()
          .join() !== replayed[at],
    );
    return [...lists, ...differ.map((list) => [...list, "diffs that say otherwise"])];
  }

  async scatter(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#members.map(({ node }) => node.kill()));
  }

  /** As often as it needs: the broker may be away. */
  async #startAgain(member: Member): Promise<void> {
    while (!this.#isOver) {
      try {
        member.node = this.#start(member.node.name);
        return await this.#ready(member.node);
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
