import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { crashPage } from "./crash-page.ts";

type Device = "laptop" | "phone";

/** The browser options that make a window one of this device. */
export const devices: Readonly<Record<Device, BrowserContextOptions>> = {
  laptop: { viewport: { width: 1_100, height: 700 } },
  phone: { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true },
};

/** A window with the chat room, in its own browser context. */
export class ChatWindow {
  readonly page: Page;
  /** The errors that the page has thrown. */
  readonly errors: string[] = [];

  static async open(browser: Browser, url: string, name: string, device: Device): Promise<ChatWindow> {
    const context = await browser.newContext(devices[device]);
    const window = new ChatWindow(await context.newPage());
    await window.page.goto(url);
    await window.page.getByLabel("Your name").fill(name);
    await window.page.getByRole("button", { name: "Join" }).click();
    await window.isLive();
    return window;
  }

  constructor(page: Page) {
    this.page = page;
    // The long timeout only ends a wait that would never end.
    page.setDefaultTimeout(45_000);
    page.on("pageerror", (error) => this.errors.push(error.message));
  }

  /** Resolves when the list has exactly these people, each with their devices: "Ada: laptop, phone". */
  async shows(...people: string[]): Promise<void> {
    await this.page.waitForFunction((wanted) => {
      const { document } = globalThis as unknown as { document: Listing };
      const listed = Array.from(document.querySelectorAll("aside li"), (person) => {
        const icons = Array.from(person.querySelectorAll("svg"), (icon) => icon.getAttribute("aria-label"));
        return `${person.querySelector(".name").textContent}: ${icons.join(", ")}`;
      });
      const heading = document.querySelector("aside h2").textContent;
      return heading === `${wanted.length} here` && String(listed.sort()) === String(wanted);
    }, [...people].sort());
  }

  async type(text: string): Promise<void> {
    await this.page.getByLabel("Message", { exact: true }).fill(text);
  }

  async say(text: string): Promise<void> {
    await this.type(text);
    await this.page.getByRole("button", { name: "Send" }).click();
  }

  /** Stops the page's clock: from now on its timers fire only through `passTime`. */
  async stopClock(): Promise<void> {
    await this.page.clock.install();
    await this.page.clock.pauseAt(Date.now() + 1_000);
  }

  async passTime(ms: number): Promise<void> {
    await this.page.clock.runFor(ms);
  }

  async showsMessage(text: string): Promise<void> {
    await this.page.locator(`.messages .text:text-is("${text}")`).waitFor();
  }

  /** Resolves when the typing line has this text; it is empty when no one is typing. */
  async showsTyping(text: string): Promise<void> {
    await this.page.locator(`output.typing:text-is("${text}")`).waitFor({ state: "attached" });
  }

  async isLive(state: "yes" | "no" = "yes"): Promise<void> {
    await this.page.locator(`.room[data-live=${state}]`).waitFor();
  }

  async leave(): Promise<void> {
    await this.page.getByRole("button", { name: "Leave" }).click();
  }

  crash(): Promise<void> {
    return crashPage(this.page);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** The members of a page's elements that `shows` uses. */
interface Listing {
  querySelector(selector: string): Listing & { textContent: string };
  querySelectorAll(selector: string): Listing[];
  getAttribute(name: string): string;
}
