import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { waitUntil } from "../../scripts/wait-until.ts";

const executablePath = "/usr/bin/chromium";

/** Whether there is a browser to test with. In CI there has to be. */
export function hasBrowser(): boolean {
  if (existsSync(executablePath)) return true;
  if (process.env["CI"]) throw new Error(`${executablePath} is missing: apt-get install chromium`);
  process.stderr.write(`no ${executablePath}: pages are not tested in one\n`);
  return false;
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** An open page, and every number that it has shown since `forget`, reloads included. */
export class Tab {
  readonly page: Page;
  #shown = new Map<string, number[]>();

  static async open(context: BrowserContext, url: string): Promise<Tab> {
    const tab = new Tab(await context.newPage());
    await tab.page.exposeBinding("__showed", (_, slug: string, number: string) => tab.#note(slug, number));
    await tab.page.addInitScript({ content: tellNumbers });
    await tab.page.goto(url);
    await tab.live("yes");
    return tab;
  }

  constructor(page: Page) {
    this.page = page;
  }

  shown(slug: string): readonly number[] {
    return this.#shown.get(slug) ?? [];
  }

  forget(): void {
    for (const [slug, numbers] of this.#shown) this.#shown.set(slug, numbers.slice(-1));
  }

  async shows(slug: string, number: number): Promise<void> {
    await waitUntil(
      () => this.shown(slug).at(-1) === number,
      () => `${number} reading ${slug} at ${this.page.url()}; it showed ${this.shown(slug)}`,
    );
  }

  async live(state: "yes" | "no"): Promise<void> {
    await this.page.waitForSelector(`html[data-live=${state}]`, { state: "attached", timeout: 45_000 });
  }

  #note(slug: string, number: string): void {
    const numbers = this.#shown.get(slug) ?? [];
    this.#shown.set(slug, numbers);
    numbers.push(Number(number));
  }
}

/** In the page, from before its first element on. */
const tellNumbers = `
  const last = new Map();
  new MutationObserver(() => {
    for (const element of document.querySelectorAll("[data-readers]")) {
      const number = element.querySelector("b")?.textContent;
      const slug = element.dataset.readers;
      if (!number || last.get(slug) === number) continue;
      last.set(slug, number);
      __showed(slug, number);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
`;
