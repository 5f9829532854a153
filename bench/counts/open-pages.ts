import { deepEqual } from "node:assert/strict";
import { type Counts, countOnly } from "../../src/presence/count-only.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import type { Presence } from "../../src/presence/presence.ts";
import type { PresenceMessage } from "../../src/presence/presence-message.ts";
import type { Fetch } from "../../src/presence/presence-options.ts";
import type { Subscription } from "../../src/presence/subscription.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";
import { atMost, type Figure, ratios } from "../figure.ts";
import { collectGarbage } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";

const SIZES = [100, 1_000, 100_000] as const;
const TOPIC = "article:7";
/** Enough for the compiler, before the warm-up run. */
const WARM_UP_OPENS = 3_000;

type Readers = Counts<"readers">;

/** A way to show the number of readers. */
interface Way {
  readonly fetch: Fetch<object, Readers>;
  /** How many pages to open in a run of this size. */
  readonly opensOf: (size: number) => number;
}

const WAYS = {
  countOnly: { fetch: countOnly("readers"), opensOf: () => 2_000 },
  fetch: { fetch: byHand, opensOf: (size) => (size < 10_000 ? 1_000 : 10) },
} satisfies Record<string, Way>;

/** A projection that lists the topic and shows the same as `countOnly`. */
function byHand(...[, presences]: Parameters<Fetch<object, Readers>>): Readers {
  return { readers: { count: presences["readers"]?.metas.length ?? 0 } };
}

/**
 * The CPU of a page open: the page is tracked, another subscriber gets the diff, and the page subscribes and gets its state. All
 * sizes and both ways take turns.
 */
export async function openPages({ runs }: Effort): Promise<Figure[]> {
  const articles = { countOnly: await articlesOf(WAYS.countOnly), fetch: await articlesOf(WAYS.fetch) };
  await articles.countOnly[0].open(WARM_UP_OPENS);
  await articles.fetch[0].open(WARM_UP_OPENS);
  const results = { countOnly: SIZES.map((): number[] => []), fetch: SIZES.map((): number[] => []) };
  for (let run = 0; run <= runs; run++) {
    for (const name of ["countOnly", "fetch"] as const) {
      for (const [at, size] of SIZES.entries()) {
        const µs = await articles[name][at]!.open(WAYS[name].opensOf(size));
        if (run > 0) results[name][at]!.push(µs);
      }
    }
  }
  for (const article of [...articles.countOnly, ...articles.fetch]) await article.close();
  const [few, , many] = results.countOnly as [number[], number[], number[]];
  return [
    ...figuresOf("countOnly", results.countOnly).map((figure) => ({ ...figure, target: atMost(50) })),
    {
      work: "… with 100 000 readers, relative to 100",
      unit: "×",
      samples: ratios(many, few),
      target: atMost(1.5),
      floor: "100 000 to 100",
    },
    ...figuresOf("a fetch that counts", results.fetch),
    {
      work: "… with 100 000 readers, relative to countOnly",
      unit: "×",
      samples: ratios(results.fetch[2]!, many),
      floor: "fetch to countOnly",
    },
  ];
}

function figuresOf(way: string, results: readonly (readonly number[])[]): Figure[] {
  return SIZES.map((size, at) => ({
    work: `CPU of a page open with ${grouped(size)} readers, ${way}`,
    unit: "µs",
    samples: results[at]!,
  }));
}

async function articlesOf({ fetch }: Way): Promise<[Article, ...Article[]]> {
  return [
    await Article.of(SIZES[0], fetch),
    await Article.of(SIZES[1], fetch),
    await Article.of(SIZES[2], fetch),
  ];
}

/** An article with readers, on a node of its own, and a subscriber that gets every diff as text. */
class Article {
  readonly #presence: Presence<object, Readers>;
  readonly #clock: ManualClock;
  readonly #size: number;
  /** The messages of the subscriber that are not in `#sum` yet. */
  readonly #texts: string[] = [];
  #sum = 0;
  #opened = 0;

  static async of(size: number, fetch: Fetch<object, Readers>): Promise<Article> {
    const clock = manualClock();
    const presence = await createPresence<object, Readers>({ pubsub: memoryPubSub(), clock, fetch });
    for (let reader = 0; reader < size; reader++) presence.track(`reader ${reader}`, TOPIC, "readers");
    const article = new Article(presence, clock, size);
    await article.#watch();
    return article;
  }

  private constructor(presence: Presence<object, Readers>, clock: ManualClock, size: number) {
    this.#presence = presence;
    this.#clock = clock;
    this.#size = size;
  }

  /** Opens pages one after another, and closes each. Returns the CPU of an open, in µs. */
  async open(pages: number): Promise<number> {
    collectGarbage();
    let µs = 0;
    for (let page = 0; page < pages; page++) {
      const owner = `page ${this.#opened++}`;
      const start = process.cpuUsage();
      this.#presence.track(owner, TOPIC, "readers");
      const state = await this.#firstState();
      const { user, system } = process.cpuUsage(start);
      µs += user + system;
      deepEqual([countIn(state), this.#shown()], [this.#size + 1, this.#size + 1]);
      this.#presence.untrack(owner);
    }
    // Publishes what was tracked, outside the measured time.
    this.#clock.advance(1_500);
    await new Promise(setImmediate);
    return µs / pages;
  }

  close(): Promise<void> {
    const closed = this.#presence.close();
    this.#clock.advance(10_000);
    return closed;
  }

  /** Subscribes, and unsubscribes when the state is there as text. */
  async #firstState(): Promise<string> {
    let subscription: Subscription | undefined;
    const text = await new Promise<string>((resolve) => {
      subscription = this.#presence.subscribe(TOPIC, (message) => resolve(message.json));
    });
    subscription!.unsubscribe();
    return text;
  }

  #watch(): Promise<void> {
    return new Promise((resolve) => {
      this.#presence.subscribe(TOPIC, (message) => {
        this.#texts.push(message.json);
        resolve();
      });
    });
  }

  /** The count that the subscriber shows: the sum of its messages. */
  #shown(): number {
    for (const text of this.#texts) this.#sum += countIn(text);
    this.#texts.length = 0;
    return this.#sum;
  }
}

/** The number of readers in a state, or by which a diff changes it. */
function countIn(text: string): number {
  const { event, payload } = JSON.parse(text) as PresenceMessage<Readers>;
  if (event === "presence_state") return payload.readers.count;
  return payload.joins.readers.count - payload.leaves.readers.count;
}
