import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { type BlogProcess, startBlog } from "./blog-process.ts";
import { BlogTab } from "./blog-tab.ts";

describe.runIf(hasBrowser())("the inspector of the blog, in a browser", () => {
  let browser: Browser;
  let alice: BrowserContext;
  let blog: BlogProcess;

  beforeAll(async () => {
    [browser, blog] = await Promise.all([
      openBrowser(),
      startBlog(3, "--inspector", "--leave-delay", "0", "--broadcast-period", "250"),
    ]);
    alice = await browser.newContext();
  });

  afterAll(async () => {
    await browser?.close();
    expect(await blog?.stop()).toBe(0);
  });

  it("shows the three nodes, the largest topics, and which node was killed", async () => {
    const [first, , third] = blog.urls as [string, string, string];
    const page = await alice.newPage();
    page.setDefaultTimeout(45_000);
    await page.goto(`${first}/presence`);
    await page.locator('#up:text-is("3 of 3 up")').waitFor();

    const tab = await BlogTab.open(alice, `${third}/articles/moss`);
    await page.locator('#largest tr:has-text("article:moss") td:text-is("1")').waitFor();
    expect(await (await fetch(`${third}/presence/json`)).json()).toMatchObject({
      presences: 1,
      topics: { count: 1, largest: [{ topic: "article:moss", count: 1 }] },
    });

    blog.kill(2, "SIGKILL");
    await tab.live("no");
    await page.locator('#up:text-is("2 of 3 up")').waitFor();
    await page.locator("#replicas tr[data-status=down]").waitFor();
    await page.locator("#largest:empty").waitFor({ state: "attached" });
  });
});

it("without --inspector, the blog serves no inspector", async () => {
  const blog = await startBlog(1);
  expect((await fetch(`${blog.urls[0]}/presence`)).status).toBe(404);
  expect(await blog.stop()).toBe(0);
});
