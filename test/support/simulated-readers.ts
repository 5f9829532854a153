import { EventQueue } from "../../src/testing/event-queue.ts";
import { type SimulatedNode, type Simulation, simulate } from "../../src/testing/index.ts";
import type { NetworkConditions } from "../../src/testing/network/conditions.ts";
import { Dice } from "./dice.ts";
import { figuresOf, type NumberFigures, NumberOverTime } from "./number-over-time.ts";

export interface SimulatedReadersOptions {
  readonly nodes: readonly string[];
  readonly readers: number;
  readonly seed: number;
  readonly leaveDelayMs?: number;
  readonly network?: Partial<NetworkConditions>;
  /** The key of a reader. By default all share one. */
  readonly keyOf?: (reader: number) => string;
}

/** How far a node may be below and above the right number, in readers. */
export interface Tolerance {
  /** "open pages": a node shows at least the pages that are open. That holds whichever waiting presences were freed. */
  readonly below: number | "open pages";
  /** "just left": a node shows at most those who are there or left within the leave delay. That holds whichever were freed. */
  readonly above: number | "just left";
}

type Range = readonly [least: number, most: number];

interface Reader {
  readonly key: string;
  /** The node of the open page, or `undefined` while the reader is on the way back. */
  node: SimulatedNode | undefined;
  /** The owner of the open page. */
  page: string;
}

export const TOPIC = "article";
export const SHARED_KEY = "readers";
const BROADCAST_PERIOD_MS = 1_500;
const DOWN_MS = 20 * BROADCAST_PERIOD_MS;
const FLUSH_MS = 10;
/** Lets promises settle this often. */
const SLICE_MS = 50;

/**
 * Readers of one article, whose pages are spread over the nodes of a simulated cluster by a load balancer, and an auditor
 * that knows how many of them are really there.
 *
 * The right number is that of the open pages, and of the readers on their way back whose presence still waits. The auditor
 * follows the rule "a new page takes the place of the oldest waiting presence, if one waits anywhere". As long as each new page is
 * that of a reader who comes back in time, that number does not change. It compares the number that each node shows with it
 * at every moment: after each diff of the node, and after each change of the right number.
 *
 * A node hears of a change later, after at most `messageMs`: the flush delay and the longest delay of the network. So any
 * number counts as right that was right within the last `messageMs`. If the right number does not change, this allows nothing.
 *
 * Presences of a killed process are still shown until it is down. Until then, as many more are right.
 */
export class SimulatedReaders {
  readonly simulation: Simulation;
  readonly messageMs: number;
  readonly #leaveDelayMs: number;
  #tolerance: Tolerance = { below: 0, above: 0 };
  /** When the leave delay of each closed page ends, the oldest first. */
  readonly #justLeft: number[] = [];
  readonly #dice: Dice;
  /** What the readers do. The simulation catches up before each action. */
  readonly #actions = new EventQueue();
  readonly #readers: Reader[];
  /** The nodes that the load balancer knows, with what they show. */
  readonly #open = new Map<SimulatedNode, NumberOverTime>();
  readonly #followed: NumberOverTime[] = [];
  /** When each waiting presence ends, the oldest first. */
  readonly #waiting: number[] = [];
  /** The pages that opened while no presence waited, since the last kill. */
  #withoutPlace = 0;
  /** The presences of killed processes that may still be shown. */
  #ghosts = 0;
  #openPages = 0;
  #pages = 0;
  #reloadsEvery: number | undefined;
  #awayMs: Range = [0, 300];
  #isAuditing = false;
  /** What was right since `at`. The last one is right now. */
  #right: { readonly at: number; readonly least: number; readonly most: number }[] = [];
  /** Users who were not shown at all although they were there: what, where and when. */
  readonly absences: string[] = [];

  constructor({
    nodes,
    readers,
    seed,
    leaveDelayMs = 5_000,
    network = {},
    keyOf = () => SHARED_KEY,
  }: SimulatedReadersOptions) {
    const conditions = { delayMs: [1, 5] as const, ...network };
    this.simulation = simulate(nodes, { seed, leaveDelayMs, network: conditions });
    this.messageMs = FLUSH_MS + conditions.delayMs[1];
    this.#leaveDelayMs = leaveDelayMs;
    this.#dice = new Dice(seed);
    this.#readers = Array.from({ length: readers }, (_, at) => ({
      key: keyOf(at),
      node: undefined,
      page: "",
    }));
    for (const name of nodes) this.#openNode(this.simulation.node(name));
  }

  /** Opens the pages of all readers, spread evenly, and lets the nodes hear of them. */
  async openAll(): Promise<void> {
    await this.run(1_000);
    const nodes = [...this.#open.keys()];
    for (const [at, reader] of this.#readers.entries()) this.#openPage(reader, nodes[at % nodes.length]!);
    await this.run(1_000);
  }

  /** Each reader reloads the page every `meanMs` on average, and is away for a time of the given range. */
  reload(meanMs: number, awayMs: Range = [0, 300]): void {
    const isNew = this.#reloadsEvery === undefined;
    this.#reloadsEvery = meanMs;
    this.#awayMs = awayMs;
    if (isNew) for (const reader of this.#readers) this.#reloadLater(reader);
  }

  /** Ends the reloads. */
  stopReloading(): void {
    this.#reloadsEvery = undefined;
  }

  /** Moves virtual time on. */
  async run(ms: number): Promise<void> {
    const end = this.simulation.now() + ms;
    for (let rest = ms; rest > 0; rest = end - this.simulation.now()) {
      this.#actions.advance(Math.min(rest, SLICE_MS));
      this.#catchUp();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Closes a node gracefully. Its readers return to other nodes after a time of the given range. */
  close(node: SimulatedNode, backAfterMs: Range = [50, 1_500]): void {
    this.#stopRouting(node);
    node.close();
    this.#leaveNode(node, backAfterMs, "waits");
  }

  /**
   * Kills the process of a node. Its readers return to other nodes after a time of the given range. Returns a function that
   * restarts the process: its former presences then wait like those of a node that closes, except for the readers who came back
   * and found none waiting.
   */
  kill(node: SimulatedNode, backAfterMs: Range = [50, 1_500]): () => SimulatedNode {
    this.#stopRouting(node);
    this.simulation.crash(node.name);
    const readers = this.readersAt(node);
    this.#leaveNode(node, backAfterMs, "is a ghost");
    const endGhosts = this.allowGhosts(readers, DOWN_MS + BROADCAST_PERIOD_MS);
    this.#withoutPlace = 0;
    return () => {
      const endsAt = this.simulation.now() + this.#leaveDelayMs;
      const waiting = Array.from({ length: Math.max(0, readers - this.#withoutPlace) }, () => endsAt);
      this.#waiting.push(...waiting);
      this.#justLeft.push(...waiting);
      endGhosts();
      return this.simulation.restart(node.name);
    };
  }

  /** Lets the nodes show some presences more, for some time. Returns a function that ends it. */
  allowGhosts(ghosts: number, ms: number): () => void {
    this.#ghosts += ghosts;
    this.#rightChanged();
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      this.#ghosts -= ghosts;
      this.#rightChanged();
    };
    this.#later(ms, end);
    return end;
  }

  /** The readers whose page is open at a node. */
  readersAt(node: SimulatedNode): number {
    return this.#readers.filter((reader) => reader.node === node).length;
  }

  /** Starts a process. The load balancer knows it once it is synced. */
  async startNode(start: () => SimulatedNode): Promise<SimulatedNode> {
    const node = start();
    let isSynced = false;
    void node.tracker.synced().then(() => {
      isSynced = true;
    });
    while (!isSynced) await this.run(SLICE_MS);
    this.#openNode(node);
    return node;
  }

  /**
   * Replaces each node by a new process, one after the other, as a rolling deploy does: the node closes, its readers return
   * to the others, and the new process starts half a second to three seconds later.
   */
  async deploy(names: "fresh" | "stable"): Promise<void> {
    for (const old of [...this.#open.keys()]) {
      this.close(old);
      await this.run(this.#dice.between(500, 3_000));
      await this.startNode(() =>
        names === "stable"
          ? this.simulation.restart(old.name)
          : this.simulation.start(`${old.name} ${this.simulation.now().toFixed()}`),
      );
      await this.run(this.#dice.between(0, 3_000));
    }
  }

  /** The nodes that the load balancer knows. */
  get nodes(): readonly SimulatedNode[] {
    return [...this.#open.keys()];
  }

  /** The number that is right now, by the rule. */
  get rightNow(): number {
    return this.#openPages + this.#waitingCount();
  }

  /** The pages that are open now. */
  get openPages(): number {
    return this.#openPages;
  }

  /** What each node shows now. */
  shown(key: string = SHARED_KEY): number[] {
    return this.nodes.map((node) => node.count(TOPIC, key));
  }

  /** The keys of which some node shows another number than the readers have open pages. */
  wrongKeys(): string[] {
    const expected = new Map<string, number>();
    for (const { key, node } of this.#readers) expected.set(key, (expected.get(key) ?? 0) + (node ? 1 : 0));
    return [...expected].flatMap(([key, count]) =>
      this.shown(key).some((shown) => shown !== count) ? [`${key}: ${this.shown(key)}, not ${count}`] : [],
    );
  }

  /** Starts to compare what the nodes show with what is right. */
  measure(tolerance: Tolerance): void {
    this.#isAuditing = true;
    this.#tolerance = tolerance;
    this.#followed.length = 0;
    for (const node of this.nodes) this.#follow(node);
    this.#right = [];
    this.#rightChanged();
  }

  /** The figures of all nodes since `measure`. */
  figures(): NumberFigures {
    for (const number of this.#open.values()) number.moveTo(this.simulation.now());
    return figuresOf(this.#followed);
  }

  #openNode(node: SimulatedNode): void {
    this.#follow(node);
    const { tracker } = node;
    tracker.on("diff", (diff) => {
      if (!this.#open.has(node) || !node.isRunning || node.tracker !== tracker) return;
      for (const key of Object.keys(diff.get(TOPIC)?.leaves ?? {})) this.#expectShown(node, key);
      this.#compare(node);
    });
    for (const { key, page } of this.#readers) if (page !== "") this.#expectShown(node, key);
    this.#compare(node);
  }

  #follow(node: SimulatedNode): void {
    const number = new NumberOverTime();
    this.#open.set(node, number);
    this.#followed.push(number);
  }

  #stopRouting(node: SimulatedNode): void {
    this.#open.get(node)!.moveTo(this.simulation.now());
    this.#open.delete(node);
  }

  #expectShown(node: SimulatedNode, key: string): void {
    if (key === SHARED_KEY || node.count(TOPIC, key) > 0) return;
    this.absences.push(`${key} is absent at ${node.name} at ${this.simulation.now().toFixed()} ms`);
  }

  #leaveNode(node: SimulatedNode, backAfterMs: Range, presence: "waits" | "is a ghost"): void {
    for (const reader of this.#readers) {
      if (reader.node !== node) continue;
      this.#closePage(reader, presence);
      this.#returnLater(reader, this.#dice.between(...backAfterMs));
    }
    this.#rightChanged();
  }

  #reloadLater(reader: Reader): void {
    this.#later(this.#dice.exponentialDelay(this.#reloadsEvery!), () => {
      if (this.#reloadsEvery === undefined) return;
      const { node, page } = reader;
      if (node !== undefined) {
        this.#closePage(reader, "waits");
        node.end(page);
        // Some pages are back at once: their new socket opens as the old one closes.
        if (this.#awayMs[0] === 0 && this.#dice.chance(0.1)) this.#openPage(reader, this.#anyNode());
        else this.#returnLater(reader, this.#dice.between(...this.#awayMs));
        this.#rightChanged();
      }
      this.#reloadLater(reader);
    });
  }

  #returnLater(reader: Reader, afterMs: number): void {
    this.#later(afterMs, () => this.#openPage(reader, this.#anyNode()));
  }

  #openPage(reader: Reader, node: SimulatedNode): void {
    reader.node = node;
    reader.page = `page ${this.#pages++}`;
    this.#openPages++;
    if (this.#waitingCount() > 0) this.#waiting.shift();
    else this.#withoutPlace++;
    this.#rightChanged();
    node.track(reader.page, TOPIC, reader.key);
  }

  #closePage(reader: Reader, presence: "waits" | "is a ghost"): void {
    reader.node = undefined;
    this.#openPages--;
    if (presence === "is a ghost") return;
    const endsAt = this.simulation.now() + this.#leaveDelayMs;
    this.#waiting.push(endsAt);
    this.#justLeft.push(endsAt);
  }

  #waitingCount(): number {
    return this.#dropEnded(this.#waiting);
  }

  #dropEnded(endTimes: number[]): number {
    while (endTimes[0]! <= this.simulation.now()) endTimes.shift();
    return endTimes.length;
  }

  #anyNode(): SimulatedNode {
    return this.#dice.pick(this.nodes);
  }

  #rightChanged(): void {
    if (!this.#isAuditing) return;
    const at = this.simulation.now();
    const { below, above } = this.#tolerance;
    const least = below === "open pages" ? this.#openPages : this.rightNow - below;
    const pages =
      above === "just left" ? this.#openPages + this.#dropEnded(this.#justLeft) : this.rightNow + above;
    const most = pages + this.#ghosts;
    const last = this.#right.at(-1);
    if (last?.least === least && last.most === most) return;
    this.#right.push({ at, least, most });
    this.#compareAll();
    this.#later(this.messageMs + 0.001, () => this.#compareAll());
  }

  #compareAll(): void {
    for (const node of this.nodes) this.#compare(node);
  }

  #compare(node: SimulatedNode): void {
    if (!this.#isAuditing) return;
    const now = this.simulation.now();
    // What was right until `messageMs` ago is no longer.
    while (this.#right.length > 1 && this.#right[1]!.at < now - this.messageMs) this.#right.shift();
    const least = Math.min(...this.#right.map((each) => each.least));
    const most = Math.max(...this.#right.map((each) => each.most));
    this.#open.get(node)!.record(node.count(TOPIC), { least, most }, now);
  }

  #later(ms: number, action: () => void): void {
    this.#actions.add(() => {
      this.#catchUp();
      action();
    }, ms);
  }

  #catchUp(): void {
    this.simulation.advance(this.#actions.now - this.simulation.now());
  }
}
