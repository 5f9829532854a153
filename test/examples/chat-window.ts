import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { crashPage } from "./crash-page.ts";

type Device = "laptop" | "phone";

/** What makes a window one on such a device. */
export const devices: Readonly<Record<Device, BrowserContextOptions>> = {
  laptop: { viewport: { width: 1_100, height: 700 } },
  phone: { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true },
};

/** A window on the chat room, in a browser of its own as far as cookies and processes go. */
export class ChatWindow {
  readonly page: Page;
  /** What went wrong in it. */
  readonly errors: string[] = [];

  static async open(browser: Browser, url: string, name: string, device: Device): Promise<ChatWindow> {
    const context = await browser.newContext(devices[device]);
    const visitor = new ChatWindow(await context.newPage());
    await visitor.page.goto(url);
    await visitor.page.getByLabel("Your name").fill(name);
    await visitor.page.getByRole("button", { name: "Come in" }).click();
    await visitor.isLive();
    return visitor;
  }

  constructor(page: Page) {
    this.page = page;
    // It only ends what would never end.
    page.setDefaultTimeout(45_000);
    page.on("pageerror", (error) => this.errors.push(error.message));
  }

  /** Waits until just these are listed, each with their devices: "Ada: laptop, phone". */
  async sees(...people: string[]): Promise<void> {
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
    await this.page.getByLabel("Message").fill(text);
  }

  async say(text: string): Promise<void> {
    await this.type(text);
    await this.page.getByRole("button", { name: "Send" }).click();
  }

  /** From now on no timer that the page sets goes off by itself. */
  async stopClock(): Promise<void> {
    await this.page.clock.install();
    await this.page.clock.pauseAt(Date.now() + 1_000);
  }

  async passTime(ms: number): Promise<void> {
    await this.page.clock.runFor(ms);
  }

  async reads(text: string): Promise<void> {
    await this.page.locator(`.talk .text:text-is("${text}")`).waitFor();
  }

  /** Waits until that is what it says of those who type; `""` for nobody. */
  async seesTyping(text: string): Promise<void> {
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

/** As much of a page's elements as is looked at. */
interface Listing {
  querySelector(selector: string): Listing & { textContent: string };
  querySelectorAll(selector: string): Listing[];
  getAttribute(name: string): string;
}
