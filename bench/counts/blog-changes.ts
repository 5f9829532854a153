import { equal } from "node:assert/strict";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";
import { decode } from "../../src/wire/decode.ts";
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
const SECONDS = 3;
/** Until the code is compiled. */
const WARM_UP_RUNS = 3;
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

/** Both ways take turns. The messages are made before, because other nodes do not share the memory of the one that is measured. */
async function measure({ runs }: Effort, place: Place): Promise<Figure[]> {
  const blogs = {
    presences: await Blog.of("presences", place, runs),
    counts: await Blog.of("counts", place, runs),
  };
  const { what, floor } = place;
  const cpu = { presences: [] as number[], counts: [] as number[] };
  const decoding = { presences: [] as number[], counts: [] as number[] };
  const bytes = { presences: [] as number[], counts: [] as number[] };
  for (let run = 0; run < WARM_UP_RUNS + runs; run++) {
    for (const mode of ["presences", "counts"] as const) {
      const second = blogs[mode].run();
      if (run < WARM_UP_RUNS) continue;
      cpu[mode].push(second.cpuMs);
      decoding[mode].push(second.decodingMs);
      bytes[mode].push(second.bytes);
    }
  }
  for (const mode of ["presences", "counts"] as const) blogs[mode].check();
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
    { work: "… to decode the messages of counts alone", unit: "ms", samples: decoding.counts },
    { work: "… relative to presences", unit: "×", samples: ratios(decoding.counts, cpu.presences) },
    { work: `bytes a second, ${what}, presences`, unit: "B", samples: bytes.presences },
    { work: '… with replicate: "counts"', unit: "B", samples: bytes.counts },
  ];
}

/** What nine nodes sent within some ms: the messages of each tick. */
type Ticks = readonly (readonly Uint8Array[])[];

/** What nine nodes sent: first all of their readers, then run after run. */
interface Recorded {
  readonly readers: readonly Uint8Array[];
  readonly runs: readonly Ticks[];
  readonly rest: readonly Uint8Array[];
}

/** A node that receives what nine others have sent. */
class Blog {
  readonly #receiver: ReceivingNode;
  readonly #clock: ManualClock;
  readonly #articles: number;
  readonly #recorded: Recorded;
  #nextRun = 0;

  static async of(replicate: Replicated, place: Place, runs: number): Promise<Blog> {
    const { articles, flushDelayMs = 10 } = place;
    const recorded = await record(replicate, place, WARM_UP_RUNS + runs);
    const clock = manualClock();
    const receiver = await startReceiver({ name: "paris-01", replicate, clock, flushDelayMs });
    const blog = new Blog(receiver, clock, articles, recorded);
    blog.#fill();
    return blog;
  }

  private constructor(receiver: ReceivingNode, clock: ManualClock, articles: number, recorded: Recorded) {
    this.#receiver = receiver;
    this.#clock = clock;
    this.#articles = articles;
    this.#recorded = recorded;
  }

  /** Lets some seconds pass. Returns the CPU and the bytes of one of them, and the CPU that only reads the messages. */
  run(): { readonly cpuMs: number; readonly decodingMs: number; readonly bytes: number } {
    let [µs, decodingµs, bytes] = [0, 0, 0];
    collectGarbage();
    for (const messages of this.#recorded.runs[this.#nextRun++]!) {
      this.#clock.advance(TICK_MS);
      µs += cpuOf(() => {
        for (const message of messages) this.#receiver.receive(message);
      });
      decodingµs += cpuOf(() => {
        for (const message of messages) equal(decode(message).ok, true);
      });
      bytes += messages.reduce((sum, { length }) => sum + length, 0);
    }
    return { cpuMs: µs / 1_000 / SECONDS, decodingMs: decodingµs / 1_000 / SECONDS, bytes: bytes / SECONDS };
  }

  /** The receiver shows what all nodes have. */
  check(): void {
    for (const message of this.#recorded.rest) this.#receiver.receive(message);
    this.#expectAll();
  }

  #fill(): void {
    const random = new Random(2);
    for (let reader = 0; reader < READERS_OF_NODE; reader++) {
      this.#receiver.node.track(`own reader ${reader}`, articleOf(random, this.#articles), "readers");
    }
    for (const message of this.#recorded.readers) this.#receiver.receive(message);
    this.#expectAll();
  }

  #expectAll(): void {
    let shown = 0;
    for (let article = 0; article < this.#articles; article++) {
      shown += this.#receiver.node.counts(`article:${article}`).readers.count;
    }
    equal(shown, (1 + OTHER_NODES) * READERS_OF_NODE);
  }
}

/** Nine nodes with readers, who come and go in virtual time. Nothing of the nodes stays in memory. */
async function record(
  replicate: Replicated,
  { articles, flushDelayMs = 10 }: Place,
  runs: number,
): Promise<Recorded> {
  const clock = manualClock();
  const random = new Random(1);
  const senders: SendingNode[] = [];
  for (let at = 0; at < OTHER_NODES; at++) {
    senders.push(await startSender({ name: `tokyo-0${at}`, replicate, clock, flushDelayMs }));
  }
  const takeMessages = () => senders.flatMap((sender) => sender.takeMessages());
  /** The readers, the longest first. */
  const reading: { readonly sender: SendingNode; readonly owner: string }[] = [];
  let [opened, closed] = [0, 0];
  const open = () => {
    const sender = senders[random.below(OTHER_NODES)]!;
    const owner = `reader ${opened++}`;
    sender.node.track(owner, articleOf(random, articles), "readers");
    reading.push({ sender, owner });
  };
  const closeLongest = () => {
    const { sender, owner } = reading[closed++]!;
    sender.node.end(owner);
  };
  while (opened < OTHER_NODES * READERS_OF_NODE) {
    open();
    if (opened % 1_000 === 0) clock.advance(TICK_MS);
  }
  clock.advance(SETTLE_MS);
  const readers = takeMessages();
  const recorded = Array.from({ length: runs }, () => {
    let joins = 0;
    return Array.from({ length: (SECONDS * 1_000) / TICK_MS }, (_, tick) => {
      for (; joins < ((tick + 1) * TICK_MS * JOINS_PER_SECOND) / 1_000; joins++) {
        open();
        closeLongest();
      }
      clock.advance(TICK_MS);
      return takeMessages();
    });
  });
  clock.advance(SETTLE_MS);
  const rest = takeMessages();
  for (const { node } of senders) void node.close({ leave: true });
  clock.advance(SETTLE_MS);
  return { readers, runs: recorded, rest };
}

function articleOf(random: Random, articles: number): string {
  return `article:${random.below(articles)}`;
}

/** In µs. */
function cpuOf(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}
