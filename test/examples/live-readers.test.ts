import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { type BlogProcess, countsIn, startBlog } from "./blog-process.ts";
import { BlogTab } from "./blog-tab.ts";

describe.runIf(hasBrowser())("the reader counts of the blog, in a browser", () => {
  let browser: Browser;
  let alice: BrowserContext;
  /** One node, without a leave delay. */
  let blog: BlogProcess;
  /** Three nodes, with a leave delay that covers a reload. */
  let cluster: BlogProcess;

  // The tests share the blogs, so each of them reads another article.
  beforeAll(async () => {
    [browser, blog, cluster] = await Promise.all([
      openBrowser(),
      startBlog(1, "--leave-delay", "0", "--ping-period", "3000"),
      startBlog(3, "--leave-delay", "1500", "--broadcast-period", "250"),
    ]);
  });

  beforeEach(async () => {
    alice = await browser.newContext();
  });

  afterEach(() => alice.close());

  afterAll(async () => {
    await browser?.close();
    expect(await blog?.stop()).toBe(0);
    expect(await cluster?.stop()).toBe(0);
  });

  const open = (url: string, path: string) => BlogTab.open(alice, `${url}${path}`);

  it("show one, two, one reader as a second tab opens and closes, in the article and on the front page", async () => {
    const front = await open(blog.urls[0]!, "/");
    const first = await open(blog.urls[0]!, "/articles/moss");
    await first.shows("moss", 1);
    await front.shows("moss", 1);

    const second = await open(blog.urls[0]!, "/articles/moss");
    for (const tab of [first, second, front]) await tab.shows("moss", 2);
    expect((await blog.counts()).get("moss")).toBe(2);

    await second.page.close();
    for (const tab of [first, front]) await tab.shows("moss", 1);
    expect(first.shown("moss")).toEqual([0, 1, 2, 1]);
    expect(front.shown("moss")).toEqual([0, 1, 2, 1]);
    expect(front.shown("night-train")).toEqual([0]);
  });

  it("count ten tabs of one browser as ten", async () => {
    const tabs: BlogTab[] = [];
    for (let count = 1; count <= 10; count++)
      tabs.push(await open(blog.urls[0]!, "/articles/the-long-letter"));
    for (const tab of tabs) await tab.shows("the-long-letter", 10);
  });

  it("are in the HTML, for a page without a script", async () => {
    await open(blog.urls[0]!, "/articles/bread-that-waits");
    const html = await (await fetch(`${blog.urls[0]}/articles/bread-that-waits`)).text();
    expect(countsIn(html)).toEqual(new Map([["bread-that-waits", 1]]));
    expect((await blog.counts()).get("bread-that-waits")).toBe(1);
  });

  it("drop a tab that crashed", async () => {
    const stays = await open(blog.urls[0]!, "/articles/night-train");
    // Another context means another process, so the crash hits no other tab.
    const bob = await browser.newContext();
    const crashes = await BlogTab.open(bob, `${blog.urls[0]}/articles/night-train`);
    await stays.shows("night-train", 2);

    const crashed = new Promise((resolve) => crashes.page.once("crash", resolve));
    void crashes.page.goto("chrome://crash").catch(() => {});
    await crashed;
    await stays.shows("night-train", 1);
    await bob.close();
  });

  it("drop a connection that no longer answers pings, and keep the others", async () => {
    const stays = await open(blog.urls[0]!, "/articles/the-first-pot");
    const address = `${blog.urls[0]!.replace("http", "ws")}/live/articles/the-first-pot`;
    const silent = new WebSocket(address, { autoPong: false });
    await stays.shows("the-first-pot", 2);
    await stays.shows("the-first-pot", 1);
    await waitUntil(() => silent.readyState === WebSocket.CLOSED, "the silent socket to be closed");
    expect(stays.shown("the-first-pot")).toEqual([0, 1, 2, 1]);
  });

  it("stay the same during a reload, on any page of any node", async () => {
    const [first, second, third] = cluster.urls as [string, string, string];
    const path = "/articles/learning-the-swifts";
    const reloaded = await open(first, path);
    const tabs = [reloaded];
    for (const url of [first, second, third]) tabs.push(await open(url, path));
    tabs.push(await open(second, "/"));
    for (const tab of tabs) await tab.shows("learning-the-swifts", 4);
    for (const tab of tabs) tab.forget();

    await reloaded.page.reload();
    await reloaded.live("yes");
    await reloaded.page.reload();
    await reloaded.live("yes");

    await leaveDelayIsOver();
    for (const tab of tabs) expect(new Set(tab.shown("learning-the-swifts"))).toEqual(new Set([4]));
  });

  it("are, with the bytes of their messages, all that the footer says has left each process", async () => {
    const path = "/articles/the-lending-shed";
    const tabs = [await open(cluster.urls[0]!, path), await open(cluster.urls[1]!, path)];
    const ends = "(article:the-lending-shed readers 2), and no owner, meta or ref.";
    const bytesIn = (text: string) => Number(/messages, ([\d.]+) (?=k?B)/.exec(text)?.[1]);
    for (const tab of tabs) {
      await waitUntil(async () => (await tab.published()).endsWith(ends), "both readers in the footer");
      const before = await tab.published();
      expect(bytesIn(before)).toBeGreaterThan(0);
      await waitUntil(
        async () => bytesIn(await tab.published()) !== bytesIn(before),
        "more bytes to be sent",
      );
    }
  });

  it("never miss a page that moves to another node, and count it twice for a moment at most", async () => {
    const [first, second, third] = cluster.urls as [string, string, string];
    const path = "/articles/swimming-in-october";
    const moves = await open(first, path);
    const tabs = [await open(first, path), await open(second, path), await open(third, path)];
    for (const tab of [moves, ...tabs]) await tab.shows("swimming-in-october", 4);
    for (const tab of tabs) tab.forget();

    await moves.page.goto(second + path);
    await moves.live("yes");

    await leaveDelayIsOver();
    for (const tab of tabs) {
      expect(["4", "4,5,4"]).toContain(String(tab.shown("swimming-in-october")));
    }
  });

  /** Resolves when a reader who leaves now is gone. By then, every reader who left earlier is gone too. */
  async function leaveDelayIsOver(): Promise<void> {
    const last = await open(cluster.urls[0]!, "/articles/a-clock-that-is-wrong");
    await waitUntil(
      async () => (await cluster.counts(2)).get("a-clock-that-is-wrong") === 1,
      "the last reader to be counted",
    );
    await last.page.close();
    await waitUntil(
      async () => (await cluster.counts(2)).get("a-clock-that-is-wrong") === 0,
      "the last reader to be gone",
    );
  }

  it("recover when the server is killed and restarted, and count no reader twice", async () => {
    const before = await startBlog(1);
    const tabs = [
      await open(before.urls[0]!, "/articles/moss"),
      await open(before.urls[0]!, "/articles/moss"),
    ];
    for (const tab of tabs) await tab.shows("moss", 2);

    before.kill(0, "SIGKILL");
    for (const tab of tabs) await tab.live("no");
    for (const tab of tabs) tab.forget();
    const after = await startBlog(1, "--port", new URL(before.urls[0]!).port);
    for (const tab of tabs) await tab.live("yes");
    await waitUntil(async () => (await after.counts()).get("moss") === 2, "both tabs to be back");
    for (const tab of tabs) {
      await tab.shows("moss", 2);
      expect(Math.max(...tab.shown("moss"))).toBe(2);
    }
    expect(await after.stop()).toBe(0);
  });

  // This is the last test, because it kills a node that the others need.
  it("drop the readers of a node that is killed", async () => {
    const tabs: BlogTab[] = [];
    for (const url of cluster.urls) tabs.push(await open(url, "/articles/moss"));
    for (const tab of tabs) await tab.shows("moss", 3);

    cluster.kill(2, "SIGKILL");
    await tabs[2]!.live("no");
    for (const tab of tabs.slice(0, 2)) await tab.shows("moss", 2);
    for (const node of [0, 1]) expect((await cluster.counts(node)).get("moss")).toBe(2);
  });
});
