import { expect, it } from "vitest";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import { encode } from "../../../src/wire/encode.ts";
import type { OutgoingMessage } from "../../../src/wire/replica-message.ts";
import { openTracker, soon } from "../open-tracker.ts";

const leaving: OutgoingMessage = { type: "leaving", lingerMs: 0, lastDot: 0 };
const pull: OutgoingMessage = { type: "pull", to: "paris", request: 1, wants: [] };

it.each([
  ["says that it leaves", leaving, 1],
  ["uses a counter above its own", pull, 1_000_000],
])(
  "takes a new id when a stranger %s, and the others list its users under it",
  async (_, outgoing, counter) => {
    const pubsub = memoryPubSub();
    const tokyo = await openTracker({ pubsub, replicaName: "tokyo" });
    const paris = await openTracker({ pubsub, replicaName: "paris" });
    tokyo.track("socket", "lobby", "alice");
    await soon(() => expect(paris.count("lobby")).toBe(1));
    const [self] = tokyo.replicas();
    const warnings: string[] = [];
    tokyo.on("warning", ({ code, message }) => warnings.push(code, message));
    const sender = { name: "tokyo", id: self!.id, startedAt: 1 };
    for (const bytes of encode(outgoing, { sender, counter })) await pubsub.publish("rollcall:all", bytes);
    await soon(() => expect(tokyo.replicas()[0]!.id).not.toBe(self!.id));
    await soon(() =>
      expect(paris.replicas().find(({ id }) => id === tokyo.replicas()[0]!.id)?.presences).toBe(1),
    );
    expect(warnings).toEqual(["DUPLICATE_REPLICA", expect.stringContaining(self!.id)]);
    expect(tokyo.count("lobby")).toBe(1);
  },
);

it("closes without a warning, although its own leaving comes back", async () => {
  const pubsub = memoryPubSub();
  const tokyo = await openTracker({ pubsub });
  const warnings: string[] = [];
  tokyo.on("warning", ({ code }) => warnings.push(code));
  tokyo.track("socket", "lobby", "alice");
  await tokyo.close();
  expect(warnings).toEqual([]);
});
