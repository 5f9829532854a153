import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { bundleCode } from "../support/bundle.ts";
import { compileSamples, forNode, samplesOf } from "../support/samples.ts";

const entries = {
  rollcall: "index.ts",
  "rollcall/client": "client/index.ts",
  "rollcall/phoenix": "phoenix/index.ts",
  "rollcall/pubsub/broadcast-channel": "pubsub/broadcast-channel.ts",
  "rollcall/pubsub/cluster": "pubsub/cluster.ts",
  "rollcall/pubsub/ioredis": "pubsub/ioredis.ts",
  "rollcall/pubsub/nats": "pubsub/nats.ts",
  "rollcall/pubsub/postgres": "pubsub/postgres.ts",
  "rollcall/pubsub/redis": "pubsub/redis.ts",
  "rollcall/testing": "testing/index.ts",
};

/** The guides whose samples stand by themselves, and how many of these say what they print. */
const guides = {
  "from-phoenix": 1,
  "from-socket.io": 0,
  projections: 3,
  metas: 2,
  limits: 1,
  deploys: 0,
  liveness: 0,
  "testing-your-code": 1,
  tracker: 0,
  "drivers/memory": 0,
  "drivers/broadcast-channel": 0,
  "drivers/cluster": 0,
  "drivers/redis": 0,
  "drivers/ioredis": 0,
  "drivers/nats": 0,
  "drivers/postgres": 0,
};

describe.each(Object.entries(guides))("the guide %s", (name, printing) => {
  const samples = samplesOf(`docs/${name}.md`);
  const telling = samples.filter((sample) => printedBy(sample).length > 0);

  it("has samples that compile, each on its own", () => {
    const { count, faults } = compileSamples(`docs/${name}.md`, { ...forNode, entries });
    expect(count).toBeGreaterThan(0);
    expect(faults).toBe("");
    expect(telling).toHaveLength(printing);
  });

  it.each(telling.map((sample, index) => [index + 1, sample] as const))(
    "prints what sample %i says",
    async (_, sample) => {
      const { path, remove } = await bundleCode(sample, entries);
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [path], { timeout: 60_000 });
      remove();
      expect(stderr).toBe("");
      expect(stdout.trimEnd().split("\n")).toEqual(printedBy(sample));
    },
  );
});

/** What a sample that prints anything says beside its lines of it. */
function printedBy(sample: string): string[] {
  if (!/console\.log\(.*\); \/\/ |; \/\/ \w+ \[/.test(sample)) return [];
  return Array.from(
    sample.matchAll(/^(?:console\.log\(|presence\.).*; \/\/ (.*)$/gm),
    ([, printed]) => printed!,
  );
}
