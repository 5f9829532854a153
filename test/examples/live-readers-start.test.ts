import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const taken = createServer();
let port: number;

beforeAll(async () => {
  taken.listen(0);
  await once(taken, "listening");
  port = (taken.address() as AddressInfo).port;
});

afterAll(() => void taken.close());

it("a --port that is taken is reported with what to do", () => {
  const { status, stderr } = start("--port", String(port));
  expect(stderr).toBe(
    `Port ${port} is in use. Pass another one with --port, or leave --port out to find a free one.\n`,
  );
  expect(status).toBe(1);
});

it("when one node finds no port, the other nodes stop too", () => {
  const { status, stderr } = start("--nodes", "2", "--port", String(port - 1));
  expect(stderr).toMatch(/^Port \d+ is in use\./);
  expect(status).toBe(1);
});

it("an option that is not a number is reported with the numbers that are allowed", () => {
  const { status, stderr } = start("--nodes", "three");
  expect(stderr).toBe('--nodes is "three"; it takes a whole number from 1 to 16.\n');
  expect(status).toBe(1);
});

function start(...args: string[]): SpawnSyncReturns<string> {
  const main = fileURLToPath(new URL("../../examples/live-readers/main.ts", import.meta.url));
  return spawnSync(process.execPath, ["--import", "tsx", main, ...args], {
    encoding: "utf8",
    timeout: 60_000,
  });
}
