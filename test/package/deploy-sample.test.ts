import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { samplesOf } from "../../scripts/guide/samples.ts";
import { bundleCode } from "../support/bundle.ts";

it.each(["SIGTERM", "SIGINT"] as const)(
  "the server of the guide to deploys ends with 0 after %s",
  async (signal) => {
    const sample = samplesOf("docs/deploys.md").find((code) => code.includes("SIGTERM"))!;
    const program = sample
      .replace("memoryPubSub(),", "memoryPubSub(), broadcastPeriodMs: 10,")
      .replace("server.listen(4000);", 'server.listen(0, () => console.log("listening"));');
    expect(program).toContain("listening");
    const { path, remove } = await bundleCode(program);
    const server = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(createInterface(server.stdout), "line");
      server.kill(signal);
      expect(await once(server, "exit")).toEqual([0, null]);
    } finally {
      server.kill("SIGKILL");
      remove();
    }
  },
);
