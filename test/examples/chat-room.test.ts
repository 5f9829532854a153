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
  let windows: ChatWindow[] = [];

  beforeAll(async () => {
    [browser, server] = await Promise.all([openBrowser(), startExample(main, ["--leave-delay", "0"])]);
  });

  afterEach(async () => {
    await Promise.all(windows.map((window) => window.close()));
    const errors = windows.flatMap((window) => window.errors);
    windows = [];
    expect(errors).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    if (server) expect(await stopProcess(server.child)).toBe(0);
  });

  async function join(name: string, device: "laptop" | "phone"): Promise<ChatWindow> {
    const window = await ChatWindow.open(browser, server.url, name, device);
    windows.push(window);
    return window;
  }

  async function allShow(shown: ChatWindow[], ...people: string[]): Promise<void> {
    await Promise.all(shown.map((window) => window.shows(...people)));
  }

  it("shows one person with two devices while one window closes, one crashes, one leaves, and the server restarts", async () => {
    const ada = await join("Ada", "laptop");
    const phone = await join("Ada", "phone");
    const ben = await join("Ben", "laptop");
    await allShow([ada, phone, ben], "Ada: laptop, phone", "Ben: laptop");
    await ada.page.getByText("Ada, on 2 devices").waitFor();
    await phone.close();
    await allShow([ada, ben], "Ada: laptop", "Ben: laptop");
    await ada.page.locator('.own-name:text-is("Ada")').waitFor();
    const second = await join("Ada", "phone");
    await allShow([ada, ben, second], "Ada: laptop, phone", "Ben: laptop");
    await ada.crash();
    await allShow([ben, second], "Ada: phone", "Ben: laptop");
    await second.leave();
    await allShow([ben], "Ben: laptop");
    const cleo = await join("Cleo", "phone");
    await allShow([ben, cleo], "Ben: laptop", "Cleo: phone");
    await cleo.page.reload();
    await cleo.isLive();
    await allShow([ben, cleo], "Ben: laptop", "Cleo: phone");

    await ben.say("before");
    await cleo.showsMessage("before");
    server.child.kill("SIGKILL");
    await Promise.all([ben, cleo].map((window) => window.isLive("no")));
    server = await startExample(main, ["--leave-delay", "0", "--port", new URL(server.url).port]);
    await Promise.all([ben, cleo].map((window) => window.isLive()));
    await allShow([ben, cleo], "Ben: laptop", "Cleo: phone");
    await cleo.say("after");
    for (const window of [ben, cleo]) for (const text of ["before", "after"]) await window.showsMessage(text);
  });

  it("shows who is typing, on which device, until the message is sent, the text is deleted, or the window is gone", async () => {
    const ada = await join("Ada", "laptop");
    const phone = await join("Ada", "phone");
    const ben = await join("Ben", "laptop");
    // With the clock stopped, the typing timeout of three seconds cannot pass.
    for (const window of [ada, phone, ben]) await window.stopClock();
    await ben.showsTyping("");
    await phone.type("I am on my w");
    await ben.showsTyping("Ada is typing");
    await allShow([ada, ben], "Ada: laptop, phone, typing", "Ben: laptop");
    // A window does not show its own user as typing.
    await ada.showsTyping("");
    await phone.say("I am on my way");
    await ben.showsTyping("");
    await allShow([ada, phone, ben], "Ada: laptop, phone", "Ben: laptop");
    for (const window of [ada, phone, ben]) await window.showsMessage("I am on my way");

    const cleo = await join("Cleo", "phone");
    await ada.type("Good");
    await cleo.showsTyping("Ada is typing");
    await ben.type("Hm");
    await cleo.showsTyping("Ada and Ben are typing");
    await ada.type("");
    await cleo.showsTyping("Ben is typing");
    await ben.crash();
    await cleo.showsTyping("");
    await cleo.shows("Ada: laptop, phone", "Cleo: phone");
    await ada.type("Well");
    await cleo.showsTyping("Ada is typing");
    await ada.passTime(3_000);
    await cleo.showsTyping("");
  });

  it("refuses an empty name, shows earlier messages to a user who joins later, and drops a message that is too long", async () => {
    const ada = await join("  Ada   of  Ely ", "laptop");
    await ada.shows("Ada of Ely: laptop");
    await ada.page.locator('.own-name:text-is("Ada of Ely")').waitFor();
    // Filling the field by script bypasses its limit of 500 characters.
    await ada.say("x".repeat(501));
    await ada.say("y".repeat(500));
    const ben = await join("Ben", "laptop");
    for (const window of [ada, ben]) {
      await window.showsMessage("y".repeat(500));
      expect(await window.page.getByText("x".repeat(501)).count()).toBe(0);
    }
    await ben.leave();
    await ben.page.getByLabel("Your name").fill("   ");
    await ben.page.getByRole("button", { name: "Join" }).click();
    await ada.shows("Ada of Ely: laptop");
    expect(await ben.page.locator(".room").count()).toBe(0);
  });
});
