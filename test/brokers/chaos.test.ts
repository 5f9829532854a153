import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BrokerServer, startBroker } from "../../scripts/brokers/broker-server.ts";
import { brokerRecipes, isInstalled } from "../../scripts/brokers/recipes.ts";
import { Dice } from "../support/dice.ts";
import { audit } from "./chaos/audit.ts";
import { ProcessCluster } from "./chaos/process-cluster.ts";
import { bundleNode } from "./support/node-process.ts";

const REPLICATE_MODES = ["presences", "counts"] as const;
const AT_ONCE = { settleMs: 0, leaveDelayMs: 0 };
const COMMAND = fileURLToPath(new URL("./chaos/cli.ts", import.meta.url));

describe.skipIf(!isInstalled("redis"))("the audit of chaos runs", () => {
  let server: BrokerServer;
  let program: Awaited<ReturnType<typeof bundleNode>>;

  beforeAll(async () => {
    [server, program] = await Promise.all([startBroker(brokerRecipes.redis), bundleNode()]);
  });

  afterAll(async () => {
    await server.remove();
    program.remove();
  });

  /** Starts five processes with some visits, and waits until the audit finds nothing wrong. */
  async function withAgreedCluster(
    replicate: (typeof REPLICATE_MODES)[number],
    run: (cluster: ProcessCluster, expectAudit: (expected: object) => Promise<unknown>) => unknown,
  ): Promise<void> {
    const { port } = server;
    const cluster = new ProcessCluster({
      driver: "redis",
      replicate,
      leaveDelayMs: 0,
      port,
      program: program.path,
    });
    const expectAudit = (expected: object) =>
      expect.poll(() => audit(cluster, AT_ONCE), { timeout: 45_000 }).toMatchObject(expected);
    try {
      await cluster.start();
      const dice = new Dice(1);
      for (let time = 0; time < 100; time++) cluster.joinOrLeave(dice);
      await expectAudit({ ghosts: 0, losses: 0 });
      cluster.agreed();
      await run(cluster, expectAudit);
    } finally {
      await cluster.stop();
    }
  }

  it.each(REPLICATE_MODES)(
    "finds every planted error at each of the five processes, and no others, if they replicate %s",
    (replicate) =>
      withAgreedCluster(replicate, async (cluster, expectAudit) => {
        // The errors add up.
        cluster.plantError("loss");
        await expectAudit({ ghosts: 0, losses: 5 });
        cluster.plantError("ghost");
        await expectAudit({ ghosts: 5, losses: 5 });
        cluster.plantError("double");
        await expectAudit({ ghosts: 10, losses: 5 });
        cluster.plantError("diff");
        await expectAudit({ ghosts: 11, losses: 5 });
      }),
  );

  it.each(REPLICATE_MODES)(
    "finds every wrong number in the diffs of a process, and no others, if they replicate %s",
    (replicate) =>
      withAgreedCluster(replicate, (cluster) => {
        expect(cluster.problems).toEqual([]);
        cluster.plantError("negative");
        expect(cluster.problems).toEqual(["tokyo showed -1 of lobby stranger, which had 0 to 0"]);
        cluster.plantError("decrease");
        expect(cluster.problems[1]).toMatch(/^tokyo showed (\d+) of \w+ [\w-]+, which had [1-9]\d* to \d+$/);
        // It takes back the decrease, and the next one is one too many.
        cluster.plantError("increase");
        expect(cluster.problems).toHaveLength(2);
        cluster.plantError("increase");
        expect(cluster.problems).toHaveLength(3);
      }),
  );

  it.each([
    ["presences", "loss", /joins [1-9]\d*, leaves .*losses [1-9]\d*, wrong numbers 0;/],
    ["counts", "decrease", /joins [1-9]\d*, leaves .*wrong numbers 1;/],
  ])(
    "makes the command with %s fail after the planted %s, and print what it found",
    async (replicate, plant, figures) => {
      const options = ["--driver", "redis", "--replicate", replicate, "--seconds", "1"];
      const settle = ["--settle-seconds", "10"];
      const { code, stdout } = await run([
        "--import",
        "tsx",
        COMMAND,
        ...options,
        ...settle,
        "--plant",
        plant,
      ]);
      expect(stdout).toMatch(figures);
      expect(code).toBe(1);
    },
  );
});

it.each([
  [["--driver", "mqtt"], "--driver is mqtt; it must be one of redis, ioredis, nats, postgres."],
  [["--replicate", "lists"], "--replicate is lists; it must be one of presences, counts."],
  [["--leave-delay-ms", "soon"], "--leave-delay-ms must be a number of at least 0."],
  [["--plant", "fern"], "--plant is fern; it must be one of ghost, loss, double, diff,"],
])("the command refuses %j", async (options, message) => {
  const { code, stderr } = await run(["--import", "tsx", COMMAND, ...options]);
  expect(stderr).toContain(message);
  expect(code).toBe(1);
});

function run(options: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, options, (error, stdout, stderr) =>
      resolve({ code: error?.code, stdout, stderr }),
    );
  });
}
