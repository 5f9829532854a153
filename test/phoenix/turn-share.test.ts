import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import { TurnShare } from "../../src/phoenix/limits/turn-share.ts";
import { type ManualClock, manualClock } from "../../src/testing/index.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

function shareOn(clock: ManualClock) {
  const log: (string | number)[] = [];
  const source = { pause: () => void log.push("pause"), resume: () => void log.push("resume") };
  const share = new TurnShare(source, clock);
  /** A task that takes this long. */
  const task = (name: number, ms: number) => (): void => {
    log.push(name);
    clock.advance(ms);
  };
  return { share, log, task };
}

describe("the tasks of one connection", () => {
  it("run at once while they take less than 20 ms, and otherwise in later turns, in order", async () => {
    const { share, log, task } = shareOn(manualClock());
    for (let name = 1; name <= 7; name++) share.run(task(name, 8));
    expect(log).toEqual([1, 2, 3, "pause"]);
    await nextTurn();
    expect(log).toEqual([1, 2, 3, "pause", 4, 5, 6]);
    share.run(task(8, 8));
    await nextTurn();
    expect(log).toEqual([1, 2, 3, "pause", 4, 5, 6, 7, 8, "resume"]);
  });

  it("get a new share after a pause", () => {
    const clock = manualClock();
    const { share, log, task } = shareOn(clock);
    share.run(task(1, 500));
    clock.advance(1);
    share.run(task(2, 500));
    expect(log).toEqual([1, 2]);
  });

  it("may be dropped by one of them", async () => {
    const { share, log, task } = shareOn(manualClock());
    share.run(task(1, 20));
    share.run(() => share.clear());
    share.run(task(2, 1));
    await nextTurn();
    share.run(task(3, 1));
    expect(log).toEqual([1, "pause", "resume", 3]);
  });
});

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
