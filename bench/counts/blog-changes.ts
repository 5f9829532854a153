import { equal } from "node:assert/strict";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";
import { Random } from "../crdt/random.ts";
import { atMost, type Figure, ratios } from "../figure.ts";
import { collectGarbage } from "../measure.ts";
import type { Effort } from "../subject.ts";
import {
  type ReceivingNode,
  type Replicated,
  type SendingNode,
  startReceiver,
  startSender,
} from "./sending-node.ts";

/** The blog of docs/planning.md: 100 000 readers on ten nodes, each of whom stays a minute. */
const OTHER_NODES = 9;
const READERS_OF_NODE = 10_000;
/** Joins on all other nodes, and as many leaves. */
const JOINS_PER_SECOND = 1_500;
const SECONDS = 5;
const TICK_MS = 10;
/** Longer than any flush is delayed. */
const SETTLE_MS = 1_000;

/** Where the changes are, and how long a node collects them. */
interface Place {
  readonly what: string;
  readonly articles: number;
  readonly flushDelayMs?: number;
  readonly floor: string;
}

/** Hardly any two changes between two flushes are of the same article. */
const MANY: Place = { what: "1 000 articles", articles: 1_000, floor: "1 000 articles" };
/** All changes of a node between two flushes are one number. */
const ONE: Place = { what: "one article", articles: 1, floor: "one article" };
const SLOW: Place = {
  what: "one article, flushDelayMs: 250",
  articles: 1,
  flushDelayMs: 250,
  floor: "one article, 250 ms",
};

/** The CPU that a node spends on the changes of the nine other nodes. */
export async function blogChanges(effort: Effort): Promise<Figure[]> {
  return [
    ...(await measure(effort, MANY)),
    ...(await measure(effort, ONE)),
    ...(await measure(effort, SLOW)),
  ];
}

/** Both ways take turns. */
async function measure({ runs }: Effort, place: Place): Promise<Figure[]> {
  const { what, floor } = place;
  const blogs = { presences: await Blog.of("presences", place), counts: await Blog.of("counts", place) };
  const cpu = { presences: [] as number[], counts: [] as number[] };
  const bytes = { presences: [] as number[], counts: [] as number[] };
  for (let run = 0; run <= runs; run++) {
    for (const mode of ["presences", "counts"] as const) {
      const second = blogs[mode].run();
      if (run === 0) continue;
      cpu[mode].push(second.cpuMs);
      bytes[mode].push(second.bytes);
    }
  }
  const work = `3 000 changes/s on nine other nodes, 100 000 readers of ${what}`;
  return [
    { work: `CPU a second: ${work}, presences`, unit: "ms", samples: cpu.presences },
    { work: '… with replicate: "counts"', unit: "ms", samples: cpu.counts },
    {
      work: "… relative to presences",
      unit: "×",
      samples: ratios(cpu.counts, cpu.presences),
      target: atMost(0.1),
      floor,
    },
    { work: `bytes a second, ${what}, presences`, unit: "B", samples: bytes.presences },
    { work: '… with replicate: "counts"', unit: "B", samples: bytes.counts },
  ];
}

/** Nine nodes that send, and one that receives what they send. */
class Blog {
  readonly #senders: readonly SendingNode[];
  readonly #receiver: ReceivingNode;
  readonly #clock: ManualClock;
  readonly #articles: number;
  readonly #random = new Random(1);
  /** The readers on the other nodes, the longest first. */
  readonly #reading: { readonly sender: SendingNode; readonly owner: string }[] = [];
  #opened = 0;

  static async of(replicate: Replicated, { articles, flushDelayMs = 10 }: Place): Promise<Blog> {
    const clock = manualClock();
    const senders = await Promise.all(
      Array.from({ length: OTHER_NODES }, (_, at) =>
        startSender({ name: `tokyo-0${at}`, replicate, clock, flushDelayMs }),
      ),
    );
    const receiver = await startReceiver({ name: "paris-01", replicate, clock, flushDelayMs });
    const blog = new Blog(senders, receiver, clock, articles);
    blog.#fill();
    return blog;
  }

  private constructor(
    senders: readonly SendingNode[],
    receiver: ReceivingNode,
    clock: ManualClock,
    articles: number,
  ) {
    this.#articles = articles;
    this.#senders = senders;
    this.#receiver = receiver;
    this.#clock = clock;
  }

  /** Lets some seconds pass. Returns the CPU and the bytes of one of them. */
  run(): { readonly cpuMs: number; readonly bytes: number } {
    let [µs, bytes, joins] = [0, 0, 0];
    collectGarbage();
    for (let ms = 0; ms < SECONDS * 1_000; ms += TICK_MS) {
      for (; joins < ((ms + TICK_MS) * JOINS_PER_SECOND) / 1_000; joins++) {
        this.#open();
        this.#closeLongest();
      }
      this.#clock.advance(TICK_MS);
      const messages = this.#takeMessages();
      const start = process.cpuUsage();
      for (const message of messages) this.#receiver.receive(message);
      const { user, system } = process.cpuUsage(start);
      µs += user + system;
      bytes += messages.reduce((sum, { length }) => sum + length, 0);
    }
    this.#check();
    return { cpuMs: µs / 1_000 / SECONDS, bytes: bytes / SECONDS };
  }

  #fill(): void {
    for (let reader = 0; reader < READERS_OF_NODE; reader++) {
      this.#receiver.node.track(`own reader ${reader}`, this.#article(), "readers");
    }
    while (this.#reading.length < OTHER_NODES * READERS_OF_NODE) {
      this.#open();
      if (this.#reading.length % 1_000 === 0) this.#clock.advance(TICK_MS);
    }
    this.#clock.advance(SETTLE_MS);
    for (const message of this.#takeMessages()) this.#receiver.receive(message);
    this.#check();
  }

  #open(): void {
    const sender = this.#senders[this.#random.below(OTHER_NODES)]!;
    const owner = `reader ${this.#opened++}`;
    sender.node.track(owner, this.#article(), "readers");
    this.#reading.push({ sender, owner });
  }

  #closeLongest(): void {
    const { sender, owner } = this.#reading.shift()!;
    sender.node.end(owner);
  }

  #article(): string {
    return `article:${this.#random.below(this.#articles)}`;
  }

  #takeMessages(): Uint8Array[] {
    return this.#senders.flatMap((sender) => sender.takeMessages());
  }

  /** The receiver shows what all nodes have. */
  #check(): void {
    this.#clock.advance(SETTLE_MS);
    for (const message of this.#takeMessages()) this.#receiver.receive(message);
    let shown = 0;
    for (let article = 0; article < this.#articles; article++) {
      shown += this.#receiver.node.counts(`article:${article}`).readers.count;
    }
    equal(shown, READERS_OF_NODE + this.#reading.length);
  }
}
