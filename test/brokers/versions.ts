import { expect, it } from "vitest";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { until } from "../examples/until.ts";
import { THIS, trackerSpeaking } from "../support/codecs.ts";
import type { Stage } from "./driver-suite.ts";
import { counts, QUICK } from "./support/trackers.ts";

/** Releases of several protocol versions over one broker. */
export function versionsSuite(stage: Stage): void {
  it("carries nodes of neighbouring versions, which work along, and one of a version unknown, which harms nobody", async () => {
    const [tokyo, paris] = [await node(stage, THIS), await node(stage, THIS + 1, THIS)];
    const strange = await node(stage, THIS + 3);
    tokyo.tracker.track("session", "lobby", "alice");
    paris.tracker.track("session", "lobby", "bob");
    strange.tracker.track("session", "lobby", "mallory");
    for (const { tracker } of [tokyo, paris]) await counts(tracker, 2);
    await until(
      () => strange.warnings.length === 1,
      () => `the strange one to be told, of ${strange.warnings}`,
    );
    // Heard often by then, and told of once.
    const { receivedMessages } = tokyo.tracker.traffic();
    await until(() => tokyo.tracker.traffic().receivedMessages > receivedMessages + 10, "more messages");
    for (const { tracker, warnings } of [tokyo, paris]) {
      expect([tracker.count("lobby"), tracker.replicas().length]).toEqual([2, 2]);
      expect(warnings).toEqual(["FOREIGN_VERSION"]);
    }
    for (const { tracker } of [tokyo, paris, strange]) await tracker.close();
  });
}

async function node(
  stage: Stage,
  ...versions: [newest: number, previous?: number]
): Promise<{ readonly tracker: Tracker; readonly warnings: readonly string[] }> {
  const { pubsub } = await stage.connect();
  const tracker = await trackerSpeaking(versions, { pubsub, ...QUICK });
  const warnings: string[] = [];
  tracker.on("warning", ({ code }) => void warnings.push(code));
  return { tracker, warnings };
}
