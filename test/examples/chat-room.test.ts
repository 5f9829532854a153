import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { ChatWindow } from "./chat-window.ts";
import { startExample } from "./start-example.ts";
import { stopProcess } from "./stop-process.ts";

const main = fileURLToPath(new URL("../../examples/chat-room/main.ts", import.meta.url));

describe.runIf(hasBrowser())("the chat room, in a browser", () => {
  let browser: Browser;
  let server: { child: ChildProcess; url: string };
  let visitors: ChatWindow[] = [];

  beforeAll(async () => {
    [browser, server] = await Promise.all([openBrowser(), startExample(main, ["--leave-delay", "0"])]);
  });

  afterEach(async () => {
    await Promise.all(visitors.map((visitor) => visitor.close()));
    const errors = visitors.flatMap((visitor) => visitor.errors);
    visitors = [];
    expect(errors).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    if (server) expect(await stopProcess(server.child)).toBe(0);
  });

  async function come(name: string, device: "laptop" | "phone"): Promise<ChatWindow> {
    const visitor = await ChatWindow.open(browser, server.url, name, device);
    visitors.push(visitor);
    return visitor;
  }

  async function all(who: ChatWindow[], ...people: string[]): Promise<void> {
    await Promise.all(who.map((visitor) => visitor.sees(...people)));
  }

  it("shows one person with two devices, as one of them closes, one crashes, one leaves, and the server is killed and started anew", async () => {
    const ada = await come("Ada", "laptop");
    const phone = await come("Ada", "phone");
    const ben = await come("Ben", "laptop");
    await all([ada, phone, ben], "Ada: laptop, phone", "Ben: laptop");
    await ada.page.getByText("Ada, on 2 devices").waitFor();
    await phone.close();
    await all([ada, ben], "Ada: laptop", "Ben: laptop");
    await ada.page.locator('.myself:text-is("Ada")').waitFor();
    const second = await come("Ada", "phone");
    await all([ada, ben, second], "Ada: laptop, phone", "Ben: laptop");
    await ada.crash();
    await all([ben, second], "Ada: phone", "Ben: laptop");
    await second.leave();
    await all([ben], "Ben: laptop");
    const cleo = await come("Cleo", "phone");
    await all([ben, cleo], "Ben: laptop", "Cleo: phone");
    await cleo.page.reload();
    await cleo.isLive();
    await all([ben, cleo], "Ben: laptop", "Cleo: phone");

    await ben.say("before");
    await cleo.reads("before");
    server.child.kill("SIGKILL");
    await Promise.all([ben, cleo].map((visitor) => visitor.isLive("no")));
    server = await startExample(main, ["--leave-delay", "0", "--port", new URL(server.url).port]);
    await Promise.all([ben, cleo].map((visitor) => visitor.isLive()));
    await all([ben, cleo], "Ben: laptop", "Cleo: phone");
    await cleo.say("after");
    for (const visitor of [ben, cleo]) for (const text of ["before", "after"]) await visitor.reads(text);
  });

  it("says who is typing, and on which device, until it is said, given up, or the window is gone", async () => {
    const ada = await come("Ada", "laptop");
    const phone = await come("Ada", "phone");
    const ben = await come("Ben", "laptop");
    // However long the rest takes, nobody pauses for three seconds.
    for (const visitor of [ada, phone, ben]) await visitor.stopClock();
    await ben.seesTyping("");
    await phone.type("I am on my w");
    await ben.seesTyping("Ada is typing");
    await all([ada, ben], "Ada: laptop, phone, typing", "Ben: laptop");
    // Of oneself, on another device, one knows.
    await ada.seesTyping("");
    await phone.say("I am on my way");
    await ben.seesTyping("");
    await all([ada, phone, ben], "Ada: laptop, phone", "Ben: laptop");
    for (const visitor of [ada, phone, ben]) await visitor.reads("I am on my way");

    const cleo = await come("Cleo", "phone");
    await ada.type("Good");
    await cleo.seesTyping("Ada is typing");
    await ben.type("Hm");
    await cleo.seesTyping("Ada and Ben are typing");
    await ada.type("");
    await cleo.seesTyping("Ben is typing");
    await ben.crash();
    await cleo.seesTyping("");
    await cleo.sees("Ada: laptop, phone", "Cleo: phone");
    await ada.type("Well");
    await cleo.seesTyping("Ada is typing");
    await ada.passTime(3_000);
    await cleo.seesTyping("");
  });

  it("lets nobody without a name in, shows what was said to who comes later, and passes on nothing that is too long", async () => {
    const ada = await come("  Ada   of  Ely ", "laptop");
    await ada.sees("Ada of Ely: laptop");
    await ada.page.locator('.myself:text-is("Ada of Ely")').waitFor();
    // The field takes no more than 500; this goes round it.
    await ada.say("x".repeat(501));
    await ada.say("y".repeat(500));
    const ben = await come("Ben", "laptop");
    for (const visitor of [ada, ben]) {
      await visitor.reads("y".repeat(500));
      expect(await visitor.page.getByText("x".repeat(501)).count()).toBe(0);
    }
    await ben.leave();
    await ben.page.getByLabel("Your name").fill("   ");
    await ben.page.getByRole("button", { name: "Come in" }).click();
    await ada.sees("Ada of Ely: laptop");
    expect(await ben.page.locator(".room").count()).toBe(0);
  });
});
