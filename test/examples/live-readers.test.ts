import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { type BlogProcess, countsIn, startBlog } from "./blog-process.ts";
import { BlogTab } from "./blog-tab.ts";

describe.runIf(hasBrowser())("the live readers, in a browser", () => {
  let browser: Browser;
  let alice: BrowserContext;
  /** One process, where who goes is gone at once. */
  let blog: BlogProcess;
  /** Three, where a reload has a second. */
  let cluster: BlogProcess;

  // Each test reads an article of its own, so that they can share what runs.
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

  it("says one, two, one as a second tab comes and goes, there and on the front page", async () => {
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

  it("counts ten tabs of one browser", async () => {
    const tabs: BlogTab[] = [];
    for (let count = 1; count <= 10; count++)
      tabs.push(await open(blog.urls[0]!, "/articles/the-long-letter"));
    for (const tab of tabs) await tab.shows("the-long-letter", 10);
  });

  it("has the number in the HTML, for pages without script", async () => {
    await open(blog.urls[0]!, "/articles/bread-that-waits");
    const html = await (await fetch(`${blog.urls[0]}/articles/bread-that-waits`)).text();
    expect(countsIn(html)).toEqual(new Map([["bread-that-waits", 1]]));
    expect((await blog.counts()).get("bread-that-waits")).toBe(1);
  });

  it("lets a tab that crashed leave", async () => {
    const stays = await open(blog.urls[0]!, "/articles/night-train");
    // In a profile, and so in a process, of its own: the crash takes no other tab along.
    const bob = await browser.newContext();
    const crashes = await BlogTab.open(bob, `${blog.urls[0]}/articles/night-train`);
    await stays.shows("night-train", 2);

    const crashed = new Promise((resolve) => crashes.page.once("crash", resolve));
    void crashes.page.goto("chrome://crash").catch(() => {});
    await crashed;
    await stays.shows("night-train", 1);
    await bob.close();
  });

  it("ends a connection that no longer answers, and keeps those that do", async () => {
    const stays = await open(blog.urls[0]!, "/articles/the-first-pot");
    const address = `${blog.urls[0]!.replace("http", "ws")}/live/articles/the-first-pot`;
    const silent = new WebSocket(address, { autoPong: false });
    await stays.shows("the-first-pot", 2);
    await stays.shows("the-first-pot", 1);
    await waitUntil(() => silent.readyState === WebSocket.CLOSED, "the silent one to be closed");
    expect(stays.shown("the-first-pot")).toEqual([0, 1, 2, 1]);
  });

  it("a reload is no change, on any page of any node", async () => {
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

    await theDelayIsOver();
    for (const tab of tabs) expect(new Set(tab.shown("learning-the-swifts"))).toEqual(new Set([4]));
  });

  it("a page that moves to another node is never missing, and twice for a moment at most", async () => {
    const [first, second, third] = cluster.urls as [string, string, string];
    const path = "/articles/swimming-in-october";
    const moves = await open(first, path);
    const tabs = [await open(first, path), await open(second, path), await open(third, path)];
    for (const tab of [moves, ...tabs]) await tab.shows("swimming-in-october", 4);
    for (const tab of tabs) tab.forget();

    await moves.page.goto(second + path);
    await moves.live("yes");

    await theDelayIsOver();
    for (const tab of tabs) {
      expect(["4", "4,5,4"]).toContain(String(tab.shown("swimming-in-october")));
    }
  });

  /** Somebody who leaves elsewhere is gone: so is, by now, everybody who left before. */
  async function theDelayIsOver(): Promise<void> {
    const last = await open(cluster.urls[0]!, "/articles/a-clock-that-is-wrong");
    await waitUntil(
      async () => (await cluster.counts(2)).get("a-clock-that-is-wrong") === 1,
      "the last one to be seen",
    );
    await last.page.close();
    await waitUntil(
      async () => (await cluster.counts(2)).get("a-clock-that-is-wrong") === 0,
      "the last one to be gone",
    );
  }

  it("recovers by itself when the server was killed and started again, and counts nobody twice", async () => {
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
    await waitUntil(async () => (await after.counts()).get("moss") === 2, "both to be back");
    for (const tab of tabs) {
      await tab.shows("moss", 2);
      expect(Math.max(...tab.shown("moss"))).toBe(2);
    }
    expect(await after.stop()).toBe(0);
  });

  // The last one, as a node is missing then.
  it("the number heals when one of three nodes is killed", async () => {
    const tabs: BlogTab[] = [];
    for (const url of cluster.urls) tabs.push(await open(url, "/articles/moss"));
    for (const tab of tabs) await tab.shows("moss", 3);

    cluster.kill(2, "SIGKILL");
    await tabs[2]!.live("no");
    for (const tab of tabs.slice(0, 2)) await tab.shows("moss", 2);
    for (const node of [0, 1]) expect((await cluster.counts(node)).get("moss")).toBe(2);
  });
});
