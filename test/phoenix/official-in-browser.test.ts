import { once } from "node:events";
import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page as BrowserPage } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { MemberReport, MembersPage } from "./browser-members.ts";
import { serveRooms } from "./serve-rooms.ts";

type Call = {
  [Name in keyof MembersPage]: readonly [Name, ...Parameters<MembersPage[Name]>];
}[keyof MembersPage];

describe.skipIf(!hasBrowser())(
  "the official client in Chromium, with its Presence and ours side by side,",
  () => {
    let browser: Browser;
    let script: string;

    beforeAll(async () => {
      const entryPoints = [fileURLToPath(new URL("browser-members.ts", import.meta.url))];
      const { outputFiles } = await build({ entryPoints, bundle: true, write: false, format: "iife" });
      script = outputFiles[0]!.text;
      browser = await openBrowser();
    });

    afterAll(() => browser.close());

    const answer: RequestListener = (_request, response) => {
      response.setHeader("content-type", "text/html").end(`<!doctype html><script>${script}</script>`);
    };

    /** Starts a server, and opens its page. */
    async function open() {
      const rooms = await serveRooms(0, answer);
      const connections = new Set<Socket>();
      rooms.server.on("connection", (connection) => connections.add(connection));
      const page = await browser.newPage();
      onTestFinished(() => page.close());
      await page.goto(`http://localhost:${rooms.port}/`);
      return {
        ...rooms,
        page,
        /** Breaks all connections of this server. */
        drop: () => connections.forEach((connection) => void connection.destroy()),
        look: (name: string) => call(page, "look", name) as Promise<MemberReport>,
        sees: async (name: string, ...keys: string[]) => {
          let last: MemberReport | undefined;
          await waitUntil(
            async () => {
              last = (await call(page, "look", name)) as MemberReport;
              return String(last.keys) === String(keys);
            },
            () => `${name} to see ${keys}; it sees ${last?.keys}`,
          );
          expect(last!.disagreements).toEqual([]);
          expect(last!.compared).toBeGreaterThan(0);
        },
        joined: (name: string, times: number) =>
          waitUntil(
            async () => ((await call(page, "look", name)) as MemberReport).joins.length >= times,
            () => `${name} to have joined ${times} times`,
          ),
      };
    }

    it("sees joins, a second tab, updates, leaves and repeated joins", async () => {
      const { page, sees, look } = await open();
      await call(page, "join", "alice", "alice", "room:lobby");
      await sees("alice", "alice");
      await call(page, "join", "bob", "bob", "room:lobby");
      for (const one of ["alice", "bob"]) await sees(one, "alice", "bob");
      await call(page, "join", "tab", "bob", "room:lobby");
      for (const one of ["alice", "bob", "tab"]) await sees(one, "alice", "bob", "bob");
      expect(await call(page, "push", "tab", "update", { status: "away" })).toEqual(["ok", {}]);
      await waitUntil(
        async () => String((await look("alice")).statuses) === "online,online,away",
        () => "bob to be away in one tab",
      );
      await call(page, "leave", "tab");
      for (const one of ["alice", "bob"]) await sees(one, "alice", "bob");
      await call(page, "leave", "bob");
      await sees("alice", "alice");
      await call(page, "joinAgain", "bob again", "bob", "room:lobby");
      for (const one of ["alice", "bob again"]) await sees(one, "alice", "bob");
      expect((await look("alice")).joins).toEqual([{ topic: "room:lobby" }]);
    });

    it("reads a large state, which comes in two fragments", async () => {
      const { page, sees, presence } = await open();
      const crowd = Array.from({ length: 300 }, (_, at) => `${at} ${"å".repeat(60)}`);
      for (const user of crowd) presence.track("crowd", "room:lobby", user);
      await call(page, "join", "alice", "alice", "room:lobby");
      await sees("alice", ...["alice", ...crowd].sort());
    });

    it("reconnects and joins again when its connection breaks, and misses nothing", async () => {
      const { page, sees, joined, drop } = await open();
      for (const user of ["alice", "bob", "carol"]) await call(page, "join", user, user, "room:lobby");
      for (const user of ["alice", "bob", "carol"]) await sees(user, "alice", "bob", "carol");
      await call(page, "leave", "carol");
      drop();
      for (const user of ["alice", "bob"]) await joined(user, 2);
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
    });

    it("reconnects to a restarted server, and sees all members again", async () => {
      const { page, sees, joined, drop, port, presence, endpoint, server } = await open();
      for (const user of ["alice", "bob"]) await call(page, "join", user, user, "room:lobby");
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
      await presence.close();
      await endpoint.close();
      server.close();
      drop();
      await once(server, "close");
      await serveRooms(port, answer);
      for (const user of ["alice", "bob"]) await joined(user, 2);
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
    });

    it("reconnects when the server disconnects its id", async () => {
      const { page, sees, joined, endpoint } = await open();
      for (const user of ["alice", "bob"]) await call(page, "join", user, user, "room:lobby");
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
      endpoint.disconnect("users:bob");
      await joined("bob", 2);
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
    });

    it("gets the reason why it may not join, and cannot connect without a user", async () => {
      const { page, joined, look } = await open();
      await call(page, "join", "eve", "eve", "room:closed");
      await joined("eve", 3);
      expect((await look("eve")).joins.slice(0, 3)).toEqual(Array(3).fill({ reason: "closed" }));
      const refused = page.waitForEvent("console", (message) => message.text().includes("403"));
      await call(page, "join", "stranger", undefined, "room:lobby");
      await refused;
      expect((await look("stranger")).isConnected).toBe(false);
    });

    it("joins again after its channel crashed", async () => {
      const { page, sees, joined } = await open();
      for (const user of ["alice", "bob"]) await call(page, "join", user, user, "room:lobby");
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
      await call(page, "pushWithoutReply", "bob", "boom");
      await joined("bob", 2);
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
    });

    it("sends bytes, and gets bytes in a reply and in a broadcast", async () => {
      const { page, sees, look } = await open();
      for (const user of ["alice", "bob"]) await call(page, "join", user, user, "room:lobby");
      for (const user of ["alice", "bob"]) await sees(user, "alice", "bob");
      expect(await call(page, "pushBytes", "alice", "echo", [0, 1, 255])).toEqual(["ok", [0, 1, 255]]);
      await call(page, "pushWithoutReply", "alice", "shout", [0, 1, 255]);
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

/** Calls a function of the script in the page. */
function call(page: BrowserPage, ...[name, ...given]: Call): Promise<unknown> {
  return page.evaluate(
    ([name, given]) => {
      const { rooms } = globalThis as unknown as { rooms: Record<string, (...given: unknown[]) => unknown> };
      return rooms[name]!(...given);
    },
    [name, given] as const,
  );
}
