import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BrokerServer, startBroker } from "../../scripts/brokers/broker-server.ts";
import { brokerRecipes, isInstalled, postgresUrl } from "../../scripts/brokers/recipes.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { ArticleReader } from "./article-reader.ts";
import { type BlogProcess, startBlog } from "./blog-process.ts";

const slug = "moss";
/** So that who is killed is gone within five seconds. */
const short = ["--broadcast-period", "250", "--leave-delay", "0"];
/** So that who is killed stays for a hundred seconds, longer than anything is waited for. */
const long = ["--broadcast-period", "5000", "--leave-delay", "0"];

for (const broker of ["redis", "nats", "postgres"] as const) {
  describe.skipIf(!isInstalled(broker))(`the blog in processes that share only ${broker}`, () => {
    let server: BrokerServer;
    let blogs: BlogProcess[] = [];
    let readers: ArticleReader[] = [];

    beforeAll(async () => {
      server = await startBroker(brokerRecipes[broker]);
    });

    afterEach(async () => {
      for (const reader of readers) reader.close();
      await Promise.all(blogs.map((blog) => blog.stop()));
      [blogs, readers] = [[], []];
    });

    afterAll(() => server?.remove());

    function url(): string {
      const { port } = server;
      return broker === "postgres" ? postgresUrl(port) : `${broker}://127.0.0.1:${port}`;
    }

    async function start(nodes: number, ...args: string[]): Promise<BlogProcess> {
      const blog = await startBlog(nodes, `--${broker}`, url(), ...args);
      blogs.push(blog);
      return blog;
    }

    async function read(blog: BlogProcess, node = 0): Promise<ArticleReader> {
      const reader = await ArticleReader.open(blog.urls[node]!, slug);
      readers.push(reader);
      return reader;
    }

    async function all(shown: readonly ArticleReader[], number: number): Promise<void> {
      await Promise.all(shown.map((reader) => reader.waitForCount(number)));
    }

    it("says the same numbers, through an outage of the broker and the death of a process", async () => {
      const [tokyo, paris] = await Promise.all([start(1, ...short), start(1, ...short)]);
      const [alice, bob] = [await read(tokyo), await read(paris)];
      await all([alice, bob], 2);
      for (const blog of [tokyo, paris]) expect((await blog.counts()).get(slug)).toBe(2);

      await server.kill();
      for (const blog of [tokyo, paris]) await says(blog, "is away:");
      const carol = await read(tokyo);
      await all([alice, carol], 3);
      await server.start();
      for (const blog of [tokyo, paris]) await says(blog, "is back, and");
      await all([alice, bob, carol], 3);

      paris.kill(0, "SIGKILL");
      await all([alice, carol], 2);
      expect((await tokyo.counts()).get(slug)).toBe(2);
      expect(await tokyo.stop()).toBe(0);
      for (const blog of [tokyo, paris]) expectOneOutage(blog, /: the connection is lost\./);
    });

    // The rest is about what starts and ends, and two brokers are enough for that.
    if (broker === "postgres") return;

    it("says once that the broker hangs, however many messages are lost, and once that it goes on", async () => {
      const tokyo = await start(1, ...short);
      server.freeze();
      try {
        await says(tokyo, "is away:");
      } finally {
        server.thaw();
      }
      await says(tokyo, "is back, and");
      expect(await tokyo.stop()).toBe(0);
      // Whichever is the first to notice: a message that nobody took, or the client's own ping.
      expectOneOutage(tokyo, /: (The \w+ server did not |the connection is lost)/);
    });

    it("takes its readers along when it is told to end, and ends well", async () => {
      const [tokyo, paris] = await Promise.all([start(1, ...long), start(1, ...long)]);
      const [alice] = [await read(tokyo), await read(paris)];
      await alice.waitForCount(2);
      expect(await paris.stop()).toBe(0);
      await alice.waitForCount(1);
      expect(await tokyo.stop()).toBe(0);
      for (const blog of [tokyo, paris]) expect(blog.output()).toMatch(/^node 1, process \d+: \S+\n$/);
    });

    it("ends well while the broker is away", async () => {
      const tokyo = await start(1, ...short);
      await server.stop();
      try {
        await says(tokyo, "is away:");
        expect(await tokyo.stop()).toBe(0);
      } finally {
        await server.start();
      }
    });

    it("has several processes of one start and one of another, with the same numbers", async () => {
      const [both, apart] = await Promise.all([start(2, ...long), start(1, ...long)]);
      const shown = [await read(both, 0), await read(both, 1), await read(apart)];
      await all(shown, 3);
      for (const counts of [both.counts(0), both.counts(1), apart.counts()]) {
        expect((await counts).get(slug)).toBe(3);
      }
      expect(await both.stop()).toBe(0);
      await shown[2]!.waitForCount(1);
    });
  });
}

/** In all that it said. */
function expectOneOutage(blog: BlogProcess, reason: RegExp): void {
  const [, away, back, ...more] = blog.output().trimEnd().split("\n");
  expect(away).toMatch(
    /^\w+ at \S+ is away: .*\. This node goes on with what it knows, and catches up when it is back\.$/,
  );
  expect(away).toMatch(reason);
  expect(back).toMatch(/^\w+ at \S+ is back, and the numbers are of all nodes again\.$/);
  expect(more).toEqual([]);
}

async function says(blog: BlogProcess, words: string): Promise<void> {
  await waitUntil(
    () => blog.output().includes(words),
    () => `it to say "${words}"; it said: ${blog.output()}`,
  );
}
