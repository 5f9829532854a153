import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { serveExample } from "./serve-example.ts";

describe.skipIf(!hasBrowser())("the pages of the frameworks' examples", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it.each([
    ["fastify", "/rooms/lobby"],
    ["socket.io", "/"],
  ])("%s asks for a name, and shows who is here until they close the page", async (name, path) => {
    const { origin, stop } = await serveExample(name);
    const faults: string[] = [];
    const alice = await open(origin + path, faults);
    await enter(alice, "alice");
    await alice.waitForFunction(shows("alice"));
    const bob = await open(origin + path, faults);
    await enter(bob, "<b>bob</b>");
    await alice.waitForFunction(shows("<b>bob</b>,alice"));
    await bob.waitForFunction(shows("<b>bob</b>,alice"));
    await bob.close();
    await alice.waitForFunction(shows("alice"));
    expect(faults).toEqual([]);
    expect(await stop()).toBe(0);
  });

  it("express shows how many have the article open", async () => {
    const { origin, stop } = await serveExample("express");
    const faults: string[] = [];
    const alice = await open(`${origin}/articles/7`, faults);
    const bob = await open(`${origin}/articles/7`, faults);
    await alice.waitForFunction(`${readers} === "2"`);
    await bob.close();
    await alice.waitForFunction(`${readers} === "1"`);
    expect(faults).toEqual([]);
    expect(await stop()).toBe(0);
  });

  /** In a window of its own. What goes wrong in it, a missing icon too, is noted. */
  async function open(url: string, faults: string[]): Promise<Page> {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.on("pageerror", ({ message }) => faults.push(message));
    page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
    await page.goto(url);
    const { title, lang, isStandard } = await page.evaluate<Head>(head);
    expect([title === "", lang, isStandard]).toEqual([false, "en", true]);
    return page;
  }
});

interface Head {
  readonly title: string;
  readonly lang: string;
  readonly isStandard: boolean;
}

const head = `({
  title: document.title,
  lang: document.documentElement.lang,
  isStandard: document.compatMode === "CSS1Compat",
})`;
const readers = `document.querySelector("#readers").textContent`;

/** By the keyboard alone. */
async function enter(page: Page, name: string): Promise<void> {
  await page.getByLabel("Your name").fill(name);
  await page.keyboard.press("Enter");
}

function shows(names: string): string {
  return `Array.from(document.querySelectorAll("li"), (item) => item.textContent).sort().join() === "${names}"`;
}
