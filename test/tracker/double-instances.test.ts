import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { createPresence } from "../../src/presence/create-presence.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import { bundleCode } from "../support/bundle.ts";

const KEY = Symbol.for("rollcall:instances:1");
const closes: (() => Promise<void>)[] = [];
let warnings: { message: string; code: string }[];

beforeEach(() => {
  delete (globalThis as { [KEY]?: unknown })[KEY];
  warnings = [];
  vi.stubEnv("NODE_ENV", "development");
  vi.spyOn(process, "emitWarning").mockImplementation((message, options) => {
    warnings.push({ message: String(message), code: (options as { code: string }).code });
  });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await Promise.all(closes.splice(0).map((close) => close()));
});

async function open(options: Partial<Parameters<typeof createTracker>[0]> = {}, create = createTracker) {
  const tracker = await create({ pubsub: memoryPubSub(), ...options });
  closes.push(() => tracker.close());
  return tracker;
}

describe("in development, a second tracker with a pub/sub of its own", () => {
  it("causes one warning that names the cluster and says what to do", async () => {
    for (let edit = 0; edit < 3; edit++) await open();
    expect(warnings).toEqual([
      { code: "ROLLCALL_DOUBLE_INSTANCE", message: expect.stringContaining('cluster "rollcall"') },
    ]);
    expect(warnings[0]!.message).toContain("globalThis.presence ??= createPresence(options)");
  });

  it("causes a warning also for a presence, with names, and in another copy of the package", async () => {
    const { path, remove } = await bundleCode('export { createPresence } from "rollcall";');
    const copy = (await import(path)) as { createPresence: typeof createPresence };
    remove();
    const names = { clusterName: "blog", replicaName: "tokyo" };
    await open(names);
    await open(names, copy.createPresence as never);
    expect(warnings).toHaveLength(1);
  });

  it("causes no warning if the first is closed, as a dispose handler of a dev server does", async () => {
    for (let edit = 0; edit < 3; edit++) await (await open()).close();
    await open();
    expect(warnings).toEqual([]);
  });

  it("causes no warning if the two share a pub/sub or differ by name, as the nodes of a simulated cluster do", async () => {
    const pubsub = memoryPubSub();
    await open({ pubsub });
    await open({ pubsub });
    await open({ replicaName: "tokyo" });
    await open({ replicaName: "paris" });
    await open({ clusterName: "blog" });
    expect(warnings).toEqual([]);
  });

  it.each(["production", "test", ""])("causes no warning with NODE_ENV=%s", async (mode) => {
    vi.stubEnv("NODE_ENV", mode);
    await open();
    await open();
    expect(warnings).toEqual([]);
  });

  it("causes no warning if the first could not start", async () => {
    const broken = { ...memoryPubSub(), subscribe: () => Promise.reject(new Error("no broker")) };
    await expect(open({ pubsub: broken })).rejects.toThrow("no broker");
    await open();
    expect(warnings).toEqual([]);
  });
});
