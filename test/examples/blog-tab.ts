import type { BrowserContext, Page } from "playwright-core";
import { waitUntil } from "../../scripts/wait-until.ts";

/** A tab with a page of the blog. It records every number of readers that the page shows, also across reloads. */
export class BlogTab {
  readonly page: Page;
  #shown = new Map<string, number[]>();

  static async open(context: BrowserContext, url: string): Promise<BlogTab> {
    const tab = new BlogTab(await context.newPage());
    await tab.page.exposeBinding("__recordNumber", (_, slug: string, number: string) =>
      tab.#record(slug, number),
    );
    await tab.page.addInitScript({ content: recordNumbers });
    await tab.page.goto(url);
    await tab.live("yes");
    return tab;
  }

  constructor(page: Page) {
    this.page = page;
  }

  /** The numbers shown for an article since `forget`, the last one before that included. */
  shown(slug: string): readonly number[] {
    return this.#shown.get(slug) ?? [];
  }

  forget(): void {
    for (const [slug, numbers] of this.#shown) this.#shown.set(slug, numbers.slice(-1));
  }

  /** Resolves when the page shows this number for an article. */
  async shows(slug: string, number: number): Promise<void> {
    await waitUntil(
      () => this.shown(slug).at(-1) === number,
      () => `${number} reading ${slug} at ${this.page.url()}; it showed ${this.shown(slug)}`,
    );
  }

  /** What the footer says about the messages that left the process. */
  async published(): Promise<string> {
    return (await this.page.textContent("[data-published]"))!;
  }

  /** Resolves when the page says that it is connected, or that it is not. */
  async live(state: "yes" | "no"): Promise<void> {
    await this.page.waitForSelector(`html[data-live=${state}]`, { state: "attached", timeout: 45_000 });
  }

  #record(slug: string, number: string): void {
    const numbers = this.#shown.get(slug) ?? [];
    this.#shown.set(slug, numbers);
    numbers.push(Number(number));
  }
}

/** Runs in the page before its first element exists. */
const recordNumbers = `
  const last = new Map();
  new MutationObserver(() => {
    for (const element of document.querySelectorAll("[data-readers]")) {
      const number = element.querySelector("b")?.textContent;
      const slug = element.dataset.readers;
      if (!number || last.get(slug) === number) continue;
      last.set(slug, number);
      __recordNumber(slug, number);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
`;
