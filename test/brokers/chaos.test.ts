import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BrokerServer, startBroker } from "../../scripts/brokers/broker-server.ts";
import { brokerRecipes, isInstalled } from "../../scripts/brokers/recipes.ts";
import { Dice } from "../support/dice.ts";
import { audit } from "./chaos/audit.ts";
import { ProcessCluster } from "./chaos/process-cluster.ts";
import { bundleNode } from "./support/node-process.ts";

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

  it("finds every planted error at each of the five processes, and no others", async () => {
    const cluster = new ProcessCluster("redis", server.port, program.path);
    const expectAudit = (expected: object) =>
      expect.poll(() => audit(cluster, 0), { timeout: 45_000 }).toMatchObject(expected);
    try {
      await cluster.start();
      const dice = new Dice(1);
      for (let time = 0; time < 100; time++) cluster.joinOrLeave(dice);
      await expectAudit({ ghosts: 0, losses: 0 });
      // The errors add up.
      cluster.plantError("loss");
      await expectAudit({ ghosts: 0, losses: 5 });
      cluster.plantError("ghost");
      await expectAudit({ ghosts: 5, losses: 5 });
      cluster.plantError("double");
      await expectAudit({ ghosts: 10, losses: 5 });
      cluster.plantError("diff");
      await expectAudit({ ghosts: 11, losses: 5 });
    } finally {
      await cluster.stop();
    }
  });

  it("makes the command fail, and print the number of losses", async () => {
    const options = ["--driver", "redis", "--seconds", "1", "--settle-seconds", "1", "--plant", "loss"];
    const { code, stdout } = await run(["--import", "tsx", COMMAND, ...options]);
    expect(stdout).toMatch(/joins [1-9]\d*, leaves .*losses [1-9]/);
    expect(code).toBe(1);
  });
});

function run(options: readonly string[]): Promise<{ code: unknown; stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, options, (error, stdout) => resolve({ code: error?.code, stdout }));
  });
}
