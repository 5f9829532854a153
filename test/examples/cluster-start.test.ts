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

describe("a node that cannot start", () => {
  it.each([
    [
      ["--redis", "redis://localhost", "--nats", "nats://localhost"],
      "--redis and --nats are given, but the nodes share one broker. Keep one of these options.",
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
  ])("reports the mistake in %s", (args, message) => {
    expect(start(args)).toEqual({ status: 1, stderr: `${message}\n` });
  });

  it.each([
    ["redis", ""],
    ["nats", ""],
    ["postgres", "/blog"],
  ])("reports once, without the password, that %s cannot be reached", async (broker, path) => {
    const port = await unusedPort();
    const addressOf = (user: string) => `${broker}://${user}127.0.0.1:${port}${path}`;
    const address = `${addressOf("alice:secret@")}?password=secret`;
    const { status, stderr } = start([`--${broker}`, address, "--nodes", "2"]);
    const [before, after] = stderr.split(/: (?:connect ECONNREFUSED [\d.:]+|connection refused)\. /);
    expect(before).toBe(`Can't connect to ${broker} at ${addressOf("")}`);
    expect(after).toBe(`Start it, or pass the address of a running one with --${broker}.\n`);
    expect(status).toBe(1);
  });
});

describe("compose.yaml", () => {
  const text = readFileSync(new URL("examples/cluster/compose.yaml", root), "utf8");

  it.each(["redis", "nats"])(
    "starts three nodes over %s with valid options, each behind its port",
    (broker) => {
      const commands = Array.from(text.matchAll(/^ +command: (\["--port".*\])$/gm), ([, command]) =>
        readSettings(JSON.parse(command!.replaceAll(/\$\{BROKER:-redis\}/g, broker))),
      );
      expect(commands.map((settings) => settings.port)).toEqual([4_000, 4_001, 4_002]);
      for (const { port, broker: brokerAddress } of commands) {
        expect(text).toContain(`ports: ["${port}:${port}"]`);
        expect(brokerAddress).toEqual({ name: broker, url: `${broker}://${broker}` });
      }
      expect(text).toMatch(new RegExp(`^  ${broker}:\n    image: ${broker}:`, "m"));
    },
  );

  it("runs a file that exists, through its Dockerfile", () => {
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

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
