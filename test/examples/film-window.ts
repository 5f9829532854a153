import type { Browser, Page } from "playwright-core";
import type { Account } from "../../examples/channel-counts/browser/accounts.ts";
import { crashPage } from "./crash-page.ts";

/** A window on a film, in a browser of its own as far as cookies and processes go, and all that its sockets said. */
export class FilmWindow {
  readonly addresses: string[] = [];
  readonly sent: string[] = [];
  readonly received: string[] = [];
  readonly #page: Page;

  static async open(browser: Browser, url: string, account?: Account): Promise<FilmWindow> {
    const context = await browser.newContext();
    const seat = new FilmWindow(await context.newPage());
    await seat.#page.goto(url);
    if (account) await seat.logIn(account);
    return seat;
  }

  constructor(page: Page) {
    this.#page = page;
    // It only ends what would never end.
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

  /** Waits until it says so, and says that this is how it is now. */
  async shows(text: string): Promise<void> {
    await this.#page.locator(`output[data-live=yes]:text-is("${text}")`).waitFor();
  }

  async isCutOff(): Promise<void> {
    await this.#page.locator("output[data-live=no]").waitFor();
  }

  async text(): Promise<string | null> {
    return this.#page.locator("output").textContent();
  }

  /** What presence told it. */
  get told(): readonly string[] {
    return this.received.filter((frame) => frame.includes('"presence_'));
  }

  crash(): Promise<void> {
    return crashPage(this.#page);
  }

  async close(): Promise<void> {
    await this.#page.context().close();
  }
}
