import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BrokerServer, startBroker } from "../../scripts/brokers/broker-server.ts";
import { brokerRecipes, isInstalled, postgresUrl } from "../../scripts/brokers/recipes.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { ArticleReader } from "./article-reader.ts";
import { type BlogProcess, startBlog } from "./blog-process.ts";

const slug = "moss";
/** With these settings, the readers of a killed node are gone within five seconds. */
const fastDetection = ["--broadcast-period", "250", "--leave-delay", "0"];
/** With these settings, the readers of a killed node stay for a hundred seconds, longer than any wait of the tests. */
const slowDetection = ["--broadcast-period", "5000", "--leave-delay", "0"];

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

    async function allShow(shown: readonly ArticleReader[], number: number): Promise<void> {
      await Promise.all(shown.map((reader) => reader.waitForCount(number)));
    }

    it("shows the same numbers through an outage of the broker and the death of a process", async () => {
      const [tokyo, paris] = await Promise.all([start(1, ...fastDetection), start(1, ...fastDetection)]);
      const [alice, bob] = [await read(tokyo), await read(paris)];
      await allShow([alice, bob], 2);
      for (const blog of [tokyo, paris]) expect((await blog.counts()).get(slug)).toBe(2);

      await server.kill();
      for (const blog of [tokyo, paris]) await prints(blog, "is unreachable:");
      const carol = await read(tokyo);
      await allShow([alice, carol], 3);
      await server.start();
      for (const blog of [tokyo, paris]) await prints(blog, "is back, and");
      await allShow([alice, bob, carol], 3);

      paris.kill(0, "SIGKILL");
      await allShow([alice, carol], 2);
      expect((await tokyo.counts()).get(slug)).toBe(2);
      expect(await tokyo.stop()).toBe(0);
      for (const blog of [tokyo, paris]) expectOneOutage(blog, /: the connection is lost\./);
    });

    // The other tests are about starting and stopping nodes. Two brokers are enough for that.
    if (broker === "postgres") return;

    it("reports once that the broker hangs, however many messages are lost, and once that it is back", async () => {
      const tokyo = await start(1, ...fastDetection);
      server.freeze();
      try {
        await prints(tokyo, "is unreachable:");
      } finally {
        server.thaw();
      }
      await prints(tokyo, "is back, and");
      expect(await tokyo.stop()).toBe(0);
      // The first sign of the hang is a message that was not taken in time, a missed ping of the client, or silence.
      expectOneOutage(tokyo, /: (The \w+ server did not |the connection is lost|no messages arrive)/);
    });

    it("removes a node's readers when it gets SIGTERM, and exits with code 0", async () => {
      const [tokyo, paris] = await Promise.all([start(1, ...slowDetection), start(1, ...slowDetection)]);
      const [alice] = [await read(tokyo), await read(paris)];
      await alice.waitForCount(2);
      expect(await paris.stop()).toBe(0);
      await alice.waitForCount(1);
      expect(await tokyo.stop()).toBe(0);
      for (const blog of [tokyo, paris]) expect(blog.output()).toMatch(/^node 1, process \d+: \S+\n$/);
    });

    it("exits with code 0 while the broker is unreachable", async () => {
      const tokyo = await start(1, ...fastDetection);
      await server.stop();
      try {
        await prints(tokyo, "is unreachable:");
        expect(await tokyo.stop()).toBe(0);
      } finally {
        await server.start();
      }
    });

    it("shows the same numbers in two nodes of one command and one node of another", async () => {
      const [pair, single] = await Promise.all([start(2, ...slowDetection), start(1, ...slowDetection)]);
      const shown = [await read(pair, 0), await read(pair, 1), await read(single)];
      await allShow(shown, 3);
      for (const counts of [pair.counts(0), pair.counts(1), single.counts()]) {
        expect((await counts).get(slug)).toBe(3);
      }
      expect(await pair.stop()).toBe(0);
      await shown[2]!.waitForCount(1);
    });
  });
}

/** Expects one outage in the output, and nothing else after the address. */
function expectOneOutage(blog: BlogProcess, reason: RegExp): void {
  const [, away, back, ...more] = blog.output().trimEnd().split("\n");
  expect(away).toMatch(
    /^\w+ at \S+ is unreachable: .*\. This node continues with what it knows, and catches up when the broker is back\.$/,
  );
  expect(away).toMatch(reason);
  expect(back).toMatch(/^\w+ at \S+ is back, and the numbers include all nodes again\.$/);
  expect(more).toEqual([]);
}

async function prints(blog: BlogProcess, words: string): Promise<void> {
  await waitUntil(
    () => blog.output().includes(words),
    () => `the blog to print "${words}"; its output is: ${blog.output()}`,
  );
}
