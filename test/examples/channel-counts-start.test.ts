import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { accounts } from "../../examples/channel-counts/browser/accounts.ts";
import { readSettings } from "../../examples/channel-counts/channel-counts-settings.ts";
import { userIdOf } from "../../examples/channel-counts/sessions.ts";
import { serveExample } from "./serve-example.ts";

const main = fileURLToPath(new URL("../../examples/channel-counts/main.ts", import.meta.url));

it("one command builds, serves and stops the film pages, and no file that it serves contains a user id", async () => {
  const { origin: url, stop } = await serveExample("channel-counts", "--port", "0");

  const page = await fetch(url);
  expect(new URL(page.url).pathname).toBe("/films/the-tide-comes-in");
  const html = await page.text();
  expect(html).toContain('<div id="root">');
  const assets = Array.from(html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g), ([, path]) => url + path!);
  expect(assets.map((asset) => asset.split(".").at(-1))).toEqual(["js", "css"]);
  const texts = await Promise.all(assets.map(async (asset) => (await fetch(asset)).text()));
  expect(texts[0]).toContain("Counting who is watching");
  expect(texts[1]).toContain("prefers-color-scheme");
  const userIds = accounts.map(({ token }) => userIdOf(token)!);
  expect(userIds.filter((userId) => [html, ...texts].join().includes(userId))).toEqual([]);

  for (const path of ["/films/no-such-film", "/assets/none.js", "/index.html"]) {
    expect((await fetch(url + path)).status).toBe(404);
  }

  expect(await stop()).toBe(0);
});

it("a port that is taken is reported with what to do", async () => {
  const taken = createServer().listen(0);
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", main, "--port", String(port)], {
    encoding: "utf8",
  });
  expect(stderr).toBe(`Port ${port} is in use. Pass another one with --port.\n`);
  expect(status).toBe(1);
});

it("an option that is not a number is reported with the numbers that are allowed", () => {
  expect(() => readSettings(["--port", "none"])).toThrow(
    '--port is "none"; it takes a whole number from 0 to 65535.',
  );
});
