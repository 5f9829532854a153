import { expect, it } from "vitest";
import { HEARTBEAT_INTERVAL, ReplicaHarness, tokyoAndParis } from "./replica-harness.ts";

it("a replica replaces a dead namesake from the end of time by one that messages can carry", () => {
  const { paris } = tokyoAndParis();
  const rome = new ReplicaHarness("rome");
  rome.now = paris.now;
  const latest = 2 ** 50 - 1;
  const others = [
    { name: "rome", id: "rome-0", startedAt: latest, seen: paris.replication.presences.seenOf("rome-0") },
  ];
  const seen = paris.replication.presences.seenOf("paris");
  for (let beat = 0; beat < 4; beat++) {
    rome.receive(
      ...paris.forge({ type: "heartbeat", seen, digest: 0, leaveDelayMs: 0, heartbeatIntervalMs: 0, others }),
    );
    rome.advance(HEARTBEAT_INTERVAL);
  }
  expect(rome.warnings).toContain("DUPLICATE_REPLICA");
  expect(rome.replication.self).toMatchObject({ name: "rome", startedAt: latest });
  // The harness encodes and decodes its messages, so none of them is malformed.
  expect(rome.takeSent().at(-1)?.sender.startedAt).toBe(latest);
});
