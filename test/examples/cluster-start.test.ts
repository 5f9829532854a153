import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../examples/live-readers/live-readers-settings.ts";

const root = new URL("../../", import.meta.url);
const main = fileURLToPath(new URL("examples/live-readers/main.ts", root));

describe("the start of a node that has nowhere to go", () => {
  it.each([
    [
      ["--redis", "redis://localhost", "--nats", "nats://localhost"],
      "--redis and --nats are given; nodes hear each other over one broker. Leave one.",
    ],
    [
      ["--redis", "alice:secret@localhost:6379"],
      '--redis is "localhost:6379"; it takes an address that starts with redis:// or rediss://, as in redis://localhost:6379.',
    ],
    [
      ["--nats", "http://alice:secret@localhost"],
      '--nats is "http://localhost"; it takes an address that starts with nats:// or tls://, as in nats://localhost:4222.',
    ],
    [
      ["--postgres", "postgres://"],
      '--postgres is "postgres://"; it takes an address that starts with postgres:// or postgresql://, as in postgres://postgres@localhost/postgres.',
    ],
  ])("says what is wrong with %s", (args, message) => {
    expect(start(args)).toEqual({ status: 1, stderr: `${message}\n` });
  });

  it.each([
    ["redis", ""],
    ["nats", ""],
    ["postgres", "/blog"],
  ])("says once, and without the password, that %s is away", async (broker, path) => {
    const port = await portOfNobody();
    const at = (user: string) => `${broker}://${user}127.0.0.1:${port}${path}`;
    const given = `${at("alice:secret@")}?password=secret`;
    const { status, stderr } = start([`--${broker}`, given, "--nodes", "2"]);
    const [before, after] = stderr.split(/: (?:connect ECONNREFUSED [\d.:]+|connection refused)\. /);
    expect(before).toBe(`Can't connect to ${broker} at ${at("")}`);
    expect(after).toBe(`Start it, or name one that runs with --${broker}.\n`);
    expect(status).toBe(1);
  });
});

describe("compose.yaml", () => {
  const text = readFileSync(new URL("examples/cluster/compose.yaml", root), "utf8");

  it.each(["redis", "nats"])(
    "starts three nodes over %s as they can be started, each behind its port",
    (broker) => {
      const commands = Array.from(text.matchAll(/^ +command: (\["--port".*\])$/gm), ([, command]) =>
        readSettings(JSON.parse(command!.replaceAll(/\$\{BROKER:-redis\}/g, broker))),
      );
      expect(commands.map((settings) => settings.port)).toEqual([4_000, 4_001, 4_002]);
      for (const { port, broker: address } of commands) {
        expect(text).toContain(`ports: ["${port}:${port}"]`);
        expect(address).toEqual({ name: broker, url: `${broker}://${broker}` });
      }
      expect(text).toMatch(new RegExp(`^  ${broker}:\n    image: ${broker}:`, "m"));
    },
  );

  it("runs what there is", () => {
    const [, dockerfile] = /dockerfile: (\S+)/.exec(text)!;
    const entry = /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync(new URL(dockerfile!, root), "utf8"))![1]!;
    expect(JSON.parse(entry)).toEqual(["node", "--import", "tsx", "examples/live-readers/main.ts"]);
  });
});

function start(args: readonly string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", main, ...args], {
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, stderr };
}

async function portOfNobody(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
