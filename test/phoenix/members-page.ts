import { once } from "node:events";
import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { MemberReport, MembersPage } from "./browser-members.ts";
import { serveRooms } from "./serve-rooms.ts";

/** A function of the script in the page, and what to pass to it. */
type Call = {
  [Name in keyof MembersPage]: readonly [Name, ...Parameters<MembersPage[Name]>];
}[keyof MembersPage];

/** An open page whose script joins members to rooms, and the server of the page. */
export interface OpenMembersPage extends Awaited<ReturnType<typeof serveRooms>> {
  readonly page: Page;
  look(name: string): Promise<MemberReport>;
  /** Waits until a member sees these keys, and checks that its Presence and ours agree. */
  sees(name: string, ...keys: string[]): Promise<void>;
  joined(name: string, times: number): Promise<void>;
  /** Breaks all connections of the server. */
  drop(): void;
  /** Ends the server with all of its connections, and starts another one on its port. */
  restart(): Promise<void>;
}

/** Bundles the script of the page. `phoenix` is the name under which a version of the official client is installed. */
export async function bundleMembers(phoenix = "phoenix"): Promise<string> {
  const entryPoints = [fileURLToPath(new URL("browser-members.ts", import.meta.url))];
  const alias = phoenix === "phoenix" ? {} : { phoenix };
  const { outputFiles } = await build({ entryPoints, alias, bundle: true, write: false, format: "iife" });
  return outputFiles[0]!.text;
}

/** Starts a server with rooms, and opens its page, which has this script. */
export async function openMembersPage(browser: Browser, script: string): Promise<OpenMembersPage> {
  const answer: RequestListener = (_request, response) => {
    response.setHeader("content-type", "text/html").end(`<!doctype html><script>${script}</script>`);
  };
  const rooms = await serveRooms(0, answer);
  const connections = new Set<Socket>();
  rooms.server.on("connection", (connection) => connections.add(connection));
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.goto(`http://localhost:${rooms.port}/`);
  const look = (name: string) => callInPage(page, "look", name) as Promise<MemberReport>;
  return {
    ...rooms,
    page,
    look,
    async restart(): Promise<void> {
      await rooms.presence.close();
      await rooms.endpoint.close();
      rooms.server.close();
      for (const connection of connections) connection.destroy();
      await once(rooms.server, "close");
      await serveRooms(rooms.port, answer);
    },
    drop: () => connections.forEach((connection) => void connection.destroy()),
    sees: async (name: string, ...keys: string[]) => {
      let last: MemberReport | undefined;
      await waitUntil(
        async () => {
          last = await look(name);
          return String(last.keys) === String(keys);
        },
        () => `${name} to see ${keys}; it sees ${last?.keys}`,
      );
      expect(last!.disagreements).toEqual([]);
      expect(last!.compared).toBeGreaterThan(0);
    },
    joined: (name: string, times: number) =>
      waitUntil(
        async () => (await look(name)).joins.length >= times,
        () => `${name} to have joined ${times} times`,
      ),
  };
}

/** Calls a function of the script in the page. */
export function callInPage(page: Page, ...[name, ...given]: Call): Promise<unknown> {
  return page.evaluate(
    ([name, given]) => {
      const { rooms } = globalThis as unknown as { rooms: Record<string, (...given: unknown[]) => unknown> };
      return rooms[name]!(...given);
    },
    [name, given] as const,
  );
}
