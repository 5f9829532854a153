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

describe.skipIf(!isInstalled("redis"))("the auditor of the chaos", () => {
  let server: BrokerServer;
  let program: Awaited<ReturnType<typeof bundleNode>>;

  beforeAll(async () => {
    [server, program] = await Promise.all([startBroker(brokerRecipes.redis), bundleNode()]);
  });

  afterAll(async () => {
    await server.remove();
    program.remove();
  });

  it("finds every lie, at each of the five processes that tell it, and none where there is none", async () => {
    const crowd = new ProcessCluster("redis", server.port, program.path);
    const found = (what: object) =>
      expect.poll(() => audit(crowd, 0), { timeout: 45_000 }).toMatchObject(what);
    try {
      await crowd.start();
      const dice = new Dice(1);
      for (let time = 0; time < 100; time++) crowd.joinOrLeave(dice);
      await found({ ghosts: 0, losses: 0 });
      // Each comes on top of those before.
      crowd.plantError("loss");
      await found({ ghosts: 0, losses: 5 });
      crowd.plantError("ghost");
      await found({ ghosts: 5, losses: 5 });
      crowd.plantError("double");
      await found({ ghosts: 10, losses: 5 });
      crowd.plantError("diff");
      await found({ ghosts: 11, losses: 5 });
    } finally {
      await crowd.stop();
    }
  });

  it("has the command fail, and say how many were lost", async () => {
    const lying = ["--driver", "redis", "--seconds", "1", "--peace-seconds", "1", "--lie", "loss"];
    const { code, said } = await run(["--import", "tsx", COMMAND, ...lying]);
    expect(said).toMatch(/joins [1-9]\d*, leaves .*losses [1-9]/);
    expect(code).toBe(1);
  });
});

function run(options: readonly string[]): Promise<{ code: unknown; said: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, options, (error, said) => resolve({ code: error?.code, said }));
  });
}
