import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { serveExample } from "./serve-example.ts";

describe.skipIf(!hasBrowser())("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it.each([
    ["fastify", "/rooms/lobby"],
    ["socket.io", "/"],
  ])("the page of %s asks for a name, and lists people until they close the page", async (name, path) => {
    const { origin, stop } = await serveExample(name);
    const errors: string[] = [];
    const alice = await open(origin + path, errors);
    await enter(alice, "alice");
    await alice.waitForFunction(shows("alice"));
    const bob = await open(origin + path, errors);
    await enter(bob, "<b>bob</b>");
    await alice.waitForFunction(shows("<b>bob</b>,alice"));
    await bob.waitForFunction(shows("<b>bob</b>,alice"));
    await bob.close();
    await alice.waitForFunction(shows("alice"));
    expect(errors).toEqual([]);
    expect(await stop()).toBe(0);
  });

  it("the page of express shows how many people have the article open", async () => {
    const { origin, stop } = await serveExample("express");
    const errors: string[] = [];
    const alice = await open(`${origin}/articles/7`, errors);
    const bob = await open(`${origin}/articles/7`, errors);
    await alice.waitForFunction(`${readers} === "2"`);
    await bob.close();
    await alice.waitForFunction(`${readers} === "1"`);
    expect(errors).toEqual([]);
    expect(await stop()).toBe(0);
  });

  /** Opens a page in its own window, and records its errors, such as a missing icon. */
  async function open(url: string, errors: string[]): Promise<Page> {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.on("pageerror", ({ message }) => errors.push(message));
    page.on("console", (line) => line.type() === "error" && errors.push(line.text()));
    await page.goto(url);
    const { title, lang, isStandardsMode } = await page.evaluate<Head>(head);
    expect([title === "", lang, isStandardsMode]).toEqual([false, "en", true]);
    return page;
  }
});

interface Head {
  readonly title: string;
  readonly lang: string;
  readonly isStandardsMode: boolean;
}

const head = `({
  title: document.title,
  lang: document.documentElement.lang,
  isStandardsMode: document.compatMode === "CSS1Compat",
})`;
const readers = `document.querySelector("#readers").textContent`;

/** Uses the keyboard only. */
async function enter(page: Page, name: string): Promise<void> {
  await page.getByLabel("Your name").fill(name);
  await page.keyboard.press("Enter");
}

function shows(names: string): string {
  return `Array.from(document.querySelectorAll("li"), (item) => item.textContent).sort().join() === "${names}"`;
}
