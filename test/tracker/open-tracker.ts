import { afterEach, vi } from "vitest";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { TrackerOptions } from "../../src/tracker/options/tracker-options.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";

const open: Tracker[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((tracker) => tracker.close()));
});

/** Creates a tracker that is closed when the test ends. */
export async function openTracker(options: Partial<TrackerOptions> = {}): Promise<Tracker> {
  const tracker = await createTracker({ pubsub: memoryPubSub(), ...options });
  open.push(tracker);
  return tracker;
}

/** Waits until `holds` no longer throws. The deadline only ends a test that would hang. */
export function soon(holds: () => void): Promise<void> {
  return vi.waitFor(holds, { timeout: 45_000 });
}

/** Records each diff event as a text: `+alice -bob @lobby`. */
export function diffsOf(tracker: Tracker): string[] {
  const diffs: string[] = [];
  tracker.on("diff", (diff) => {
    for (const [topic, { joins, leaves }] of diff) {
      const words = [
        ...Object.keys(joins).map((key) => `+${key}`),
        ...Object.keys(leaves).map((key) => `-${key}`),
      ];
      diffs.push([...words, `@${topic}`].join(" "));
    }
  });
  return diffs;
}
