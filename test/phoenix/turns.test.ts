import { describe, expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import { manualClock } from "../../src/testing/index.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

describe("a client whose messages take long", () => {
  it("does not keep other clients waiting for all of them, and loses none of them when it closes", async () => {
    const clock = manualClock();
    const { endpoint, client } = await serveEndpoint({ clock, maxPendingMessages: 1 });
    const log: string[] = [];
    endpoint.channel("room:*", {
      join: () => {},
      handleIn(event) {
        log.push(event);
        // A message keeps the turn for a moment, as a broadcast to a large room does.
        clock.advance(5);
      },
      terminate: (reason) => void log.push(reason),
    });
    const [mallory, bob] = [await client(), await client()];
    for (const one of [mallory, bob]) one.send(["1", "1", "room:a", "phx_join", {}]);
    for (const one of [mallory, bob]) await one.take(1);
    clock.advance(10_000);
    mallory.sendAtOnce(...Array.from({ length: 200 }, (_, n) => ["1", `${n}`, "room:a", `mallory ${n}`, {}]));
    mallory.socket.close();
    bob.send(["1", "2", "room:a", "bob", {}]);
    await waitUntil(() => log.includes("disconnected"), "mallory to be gone");
    expect(log.filter((event) => event !== "bob")).toEqual([
      ...Array.from({ length: 200 }, (_, n) => `mallory ${n}`),
      "disconnected",
    ]);
    expect(log.indexOf("bob")).toBeLessThan(log.indexOf("mallory 199"));
  });
});
