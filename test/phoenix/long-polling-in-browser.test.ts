import { once } from "node:events";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { HowToConnect } from "./browser-members.ts";
import { bundleMembers, callInPage, openMembersPage } from "./members-page.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

const versions = [
  ["1.8.16", "phoenix"],
  ["1.7.23", "phoenix-1.7.23"],
] as const;

describe.skipIf(!hasBrowser()).each(versions)(
  "the official client %s in Chromium, which polls,",
  (_version, phoenix) => {
    let browser: Browser;
    let script: string;

    beforeAll(async () => {
      script = await bundleMembers(phoenix);
      browser = await openBrowser();
    });

    afterAll(() => browser.close());

    async function open() {
      const opened = await openMembersPage(browser, script);
      const join = (user: string, how: HowToConnect = { longPoll: true }) =>
        callInPage(opened.page, "join", user, user, "room:lobby", how);
      return { ...opened, join };
    }

    it("sees joins, updates, leaves and a large state, and those with a WebSocket", async () => {
      const { page, join, sees, look, presence } = await open();
      const crowd = Array.from({ length: 300 }, (_, at) => `${at} ${"å".repeat(60)}`);
      for (const user of crowd) presence.track("crowd", "room:lobby", user);
      await join("alice");
      await join("bob", {});
      const all = ["alice", "bob", ...crowd].sort();
      for (const one of ["alice", "bob"]) await sees(one, ...all);
      presence.untrack("crowd");
      for (const one of ["alice", "bob"]) await sees(one, "alice", "bob");
      expect([(await look("alice")).isPolling, (await look("bob")).isPolling]).toEqual([true, false]);
      expect(await callInPage(page, "push", "alice", "update", { status: "away" })).toEqual(["ok", {}]);
      await waitUntil(
        async () => String([...(await look("bob")).statuses].sort()) === "away,online",
        () => "alice to be away",
      );
      await callInPage(page, "leave", "alice");
      await sees("bob", "bob");
    });

    it("joins again when its connection breaks, when it is disconnected, and when the server restarts", async () => {
      const { join, sees, joined, endpoint, restart } = await open();
      for (const user of ["alice", "bob"]) await join(user);
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
      endpoint.disconnect("users:bob");
      await joined("bob", 2);
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
      await restart();
      await joined("alice", 2);
      await joined("bob", 3);
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
    });

    it("falls back to polling when WebSockets are refused, and stays there after a reload", async () => {
      const { page, join, sees, look, server } = await open();
      server.prependListener("upgrade", (_request, socket) => void socket.destroy());
      await join("alice", { longPollFallbackMs: 100 });
      await sees("alice", "alice");
      expect((await look("alice")).isPolling).toBe(true);
      await page.reload();
      await join("bob", { longPollFallbackMs: 100 });
      await waitUntil(async () => (await look("bob")).isPolling, "bob to poll");
    });

    it("polls across origins if checkOrigin allows it, and else is refused", async () => {
      const { join, look, port } = await open();
      const origin = `http://localhost:${port}`;
      const allowing = await serveEndpoint({ checkOrigin: [origin] });
      allowing.endpoint.channel("room:*", { join: () => ({ ok: { from: "afar" } }) });
      await join("alice", { longPoll: true, url: `http://127.0.0.1:${allowing.port}/socket` });
      await waitUntil(async () => (await look("alice")).joins.length > 0, "a join");
      expect((await look("alice")).joins[0]).toEqual({ from: "afar" });
      const refusing = await serveEndpoint({ checkOrigin: ["https://example.com"] });
      const asked = once(refusing.server, "connection");
      await join("eve", { longPoll: true, url: `http://127.0.0.1:${refusing.port}/socket` });
      await asked;
      await waitUntil(async () => (await look("eve")).errors > 0, "an error");
      expect((await look("eve")).isConnected).toBe(false);
    });
  },
);
