import type { Browser, Page } from "playwright-core";
import type { Account } from "../../examples/channel-counts/browser/accounts.ts";
import { crashPage } from "./crash-page.ts";

/** A window with the page of a film, in its own browser context. It records the frames of its sockets. */
export class FilmWindow {
  readonly addresses: string[] = [];
  readonly sent: string[] = [];
  readonly received: string[] = [];
  readonly #page: Page;

  static async open(browser: Browser, url: string, account?: Account): Promise<FilmWindow> {
    const context = await browser.newContext();
    const window = new FilmWindow(await context.newPage());
    await window.#page.goto(url);
    if (account) await window.logIn(account);
    return window;
  }

  constructor(page: Page) {
    this.#page = page;
    // The long timeout only ends a wait that would never end.
    page.setDefaultTimeout(45_000);
    page.on("websocket", (socket) => {
      this.addresses.push(socket.url());
      socket.on("framesent", ({ payload }) => this.sent.push(String(payload)));
      socket.on("framereceived", ({ payload }) => this.received.push(String(payload)));
    });
  }

  async logIn({ name }: Account): Promise<void> {
    await this.#page.getByLabel("Account").selectOption(name);
    await this.#page.getByRole("button", { name: "Log in" }).click();
    await this.#page.getByRole("button", { name: "Log out" }).waitFor();
  }

  async logOut(): Promise<void> {
    await this.#page.getByRole("button", { name: "Log out" }).click();
    await this.#page.getByRole("button", { name: "Log in" }).waitFor();
  }

  /** Resolves when the page shows this text as current. */
  async shows(text: string): Promise<void> {
    await this.#page.locator(`output[data-live=yes]:text-is("${text}")`).waitFor();
  }

  async isCutOff(): Promise<void> {
    await this.#page.locator("output[data-live=no]").waitFor();
  }

  async text(): Promise<string | null> {
    return this.#page.locator("output").textContent();
  }

  /** Resolves when the footer says that these counts have left the process, and nothing else. */
  async published(counts: string): Promise<void> {
    const text = `In them: its share of these counts (${counts}), and no owner, meta or ref.`;
    await this.#page.locator(`footer .published:has-text("${text}")`).waitFor();
  }

  /** The presence messages that the page has received. */
  get presenceMessages(): readonly string[] {
    return this.received.filter((frame) => frame.includes('"presence_'));
  }

  crash(): Promise<void> {
    return crashPage(this.#page);
  }

  async close(): Promise<void> {
    await this.#page.context().close();
  }
}
