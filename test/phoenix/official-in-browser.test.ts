import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { bundleMembers, callInPage, openMembersPage } from "./members-page.ts";

describe.skipIf(!hasBrowser())(
  "the official client in Chromium, with its Presence and ours side by side,",
  () => {
    let browser: Browser;
    let script: string;

    beforeAll(async () => {
      script = await bundleMembers();
      browser = await openBrowser();
    });

    afterAll(() => browser.close());

    const open = () => openMembersPage(browser, script);

    it("sees joins, a second tab, updates, leaves and repeated joins", async () => {
      const { page, sees, look } = await open();
      await callInPage(page, "join", "alice", "alice", "room:lobby");
      await sees("alice", "alice");
      await callInPage(page, "join", "bob", "bob", "room:lobby");
      for (const one of ["alice", "bob"]) await sees(one, "alice", "bob");
      await callInPage(page, "join", "tab", "bob", "room:lobby");
      for (const one of ["alice", "bob", "tab"]) await sees(one, "alice", "bob", "bob");
      expect(await callInPage(page, "push", "tab", "update", { status: "away" })).toEqual(["ok", {}]);
      await waitUntil(
        async () => String((await look("alice")).statuses) === "online,online,away",
        () => "bob to be away in one tab",
      );
      await callInPage(page, "leave", "tab");
      for (const one of ["alice", "bob"]) await sees(one, "alice", "bob");
      await callInPage(page, "leave", "bob");
      await sees("alice", "alice");
      await callInPage(page, "joinAgain", "bob again", "bob", "room:lobby");
      for (const one of ["alice", "bob again"]) await sees(one, "alice", "bob");
      expect((await look("alice")).joins).toEqual([{ topic: "room:lobby" }]);
    });

    it("reads a large state, which comes in two fragments", async () => {
      const { page, sees, presence } = await open();
      const crowd = Array.from({ length: 300 }, (_, at) => `${at} ${"å".repeat(60)}`);
      for (const user of crowd) presence.track("crowd", "room:lobby", user);
      await callInPage(page, "join", "alice", "alice", "room:lobby");
      await sees("alice", ...["alice", ...crowd].sort());
    });

    it("reconnects and joins again when its connection breaks, and misses nothing", async () => {
      const { page, sees, joined, drop } = await open();
      for (const user of ["alice", "bob", "carol"]) await callInPage(page, "join", user, user, "room:lobby");
      for (const user of ["alice", "bob", "carol"]) await sees(user, "alice", "bob", "carol");
      await callInPage(page, "leave", "carol");
      drop();
      for (const user of ["alice", "bob"]) await joined(user, 2);
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
    });

    it("reconnects to a restarted server, and sees all members again", async () => {
      const { page, sees, joined, restart } = await open();
      for (const user of ["alice", "bob"]) await callInPage(page, "join", user, user, "room:lobby");
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
      await restart();
      for (const user of ["alice", "bob"]) await joined(user, 2);
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
    });

    it("reconnects when the server disconnects its id", async () => {
      const { page, sees, joined, endpoint } = await open();
      for (const user of ["alice", "bob"]) await callInPage(page, "join", user, user, "room:lobby");
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
      endpoint.disconnect("users:bob");
      await joined("bob", 2);
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
    });

    it("gets the reason why it may not join, and cannot connect without a user", async () => {
      const { page, joined, look } = await open();
      await callInPage(page, "join", "eve", "eve", "room:closed");
      await joined("eve", 3);
      expect((await look("eve")).joins.slice(0, 3)).toEqual(Array(3).fill({ reason: "closed" }));
      const refused = page.waitForEvent("console", (message) => message.text().includes("403"));
      await callInPage(page, "join", "stranger", undefined, "room:lobby");
      await refused;
      expect((await look("stranger")).isConnected).toBe(false);
    });

    it("joins again after its channel crashed", async () => {
      const { page, sees, joined } = await open();
      for (const user of ["alice", "bob"]) await callInPage(page, "join", user, user, "room:lobby");
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
      await callInPage(page, "pushWithoutReply", "bob", "boom");
      await joined("bob", 2);
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
    });

    it("sends bytes, and gets bytes in a reply and in a broadcast", async () => {
      const { page, sees, look } = await open();
      for (const user of ["alice", "bob"]) await callInPage(page, "join", user, user, "room:lobby");
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
      expect(await callInPage(page, "pushBytes", "alice", "echo", [0, 1, 255])).toEqual(["ok", [0, 1, 255]]);
      await callInPage(page, "pushWithoutReply", "alice", "shout", [0, 1, 255]);
      await waitUntil(
        async () => (await look("bob")).received.length === 1,
        () => "bytes",
      );
      expect((await look("bob")).received).toEqual([[0, 1, 255]]);
    });

    it("is refused from a page of another host", async () => {
      const { port, page } = await open();
      const refused = page.waitForEvent("console", (message) => message.text().includes("403"));
      await page.goto(`http://127.0.0.1:${port}/`);
      await page.evaluate(
        (url) => void new WebSocket(url),
        `ws://localhost:${port}/socket/websocket?user=eve`,
      );
      await refused;
    });
  },
);
