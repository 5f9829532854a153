import { describe, expect, it } from "vitest";
import { createTracker, memoryPubSub } from "../../src/index.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

/** A clock, and a diary of the timers that ran and the times at which they did. */
function clockWithDiary() {
  const clock = manualClock();
  const diary: string[] = [];
  const note = (text: string) => () => diary.push(`${clock.now()}: ${text}`);
  return { clock, diary, note };
}

describe("manualClock", () => {
  it("stands still until it is advanced", () => {
    const { clock, diary, note } = clockWithDiary();
    clock.setTimer(note("tea"), 0);
    expect(clock.now()).toBe(0);
    expect(diary).toEqual([]);
  });

  it("runs timers in the order of their times, each at its own time", () => {
    const { clock, diary, note } = clockWithDiary();
    clock.setTimer(note("lunch"), 300);
    clock.setTimer(note("breakfast"), 100);
    clock.setTimer(note("tea"), 400);
    clock.advance(350);
    expect(diary).toEqual(["100: breakfast", "300: lunch"]);
    expect(clock.now()).toBe(350);
  });

  it("runs timers that are due at the same time in the order in which they were set", () => {
    const { clock, diary, note } = clockWithDiary();
    for (const name of ["alice", "bob", "carol", "dave"]) clock.setTimer(note(name), 50);
    clock.advance(50);
    expect(diary).toEqual(["50: alice", "50: bob", "50: carol", "50: dave"]);
  });

  it("runs timers that a timer sets", () => {
    const { clock, diary, note } = clockWithDiary();
    clock.setTimer(() => clock.setTimer(note("echo"), 10), 20);
    clock.setTimer(note("later"), 25);
    clock.advance(100);
    expect(diary).toEqual(["25: later", "30: echo"]);
  });

  it("never runs a cancelled timer, and ignores a cancel after the timer has run", () => {
    const { clock, diary, note } = clockWithDiary();
    const cancel = clock.setTimer(note("alice"), 10);
    const cancelTooLate = clock.setTimer(note("bob"), 10);
    cancel();
    clock.advance(20);
    cancelTooLate();
    expect(diary).toEqual(["10: bob"]);
  });

  it("keeps thousands of timers in order", () => {
    const { clock } = clockWithDiary();
    const seen: number[] = [];
    for (let at = 0; at < 5_000; at++) {
      const delayMs = (at * 7_919) % 1_000;
      const cancel = clock.setTimer(() => seen.push(delayMs), delayMs);
      if (at % 3 === 0) cancel();
    }
    clock.advance(1_000);
    expect(seen).toHaveLength(3_333);
    expect(seen).toEqual([...seen].sort((one, other) => one - other));
  });

  it("moves the wall clock without any effect on timers", () => {
    const { clock, diary, note } = clockWithDiary();
    const before = clock.wallNow();
    clock.setTimer(note("tea"), 10);
    clock.jumpWall(-3_600_000);
    clock.advance(10);
    expect(clock.wallNow()).toBe(before - 3_600_000 + 10);
    expect(diary).toEqual(["10: tea"]);
  });

  it("refuses to advance by a negative or an infinite time", () => {
    const { clock } = clockWithDiary();
    expect(() => clock.advance(-1)).toThrow(TypeError);
    expect(() => clock.advance(Number.NaN)).toThrow(TypeError);
    expect(() => clock.advance(Number.POSITIVE_INFINITY)).toThrow(TypeError);
  });

  it("throws when timers without a delay keep setting each other", () => {
    const { clock } = clockWithDiary();
    const again = () => clock.setTimer(again, 0);
    again();
    expect(() => clock.advance(1)).toThrow("Time stands still at 0 ms");
  });

  it("lets promises and turns of the event loop come in between with advanceAsync", async () => {
    const { clock, diary, note } = clockWithDiary();
    clock.setTimer(() => void Promise.resolve().then(() => clock.setTimer(note("a promise"), 10)), 20);
    clock.setTimer(() => setImmediate(() => clock.setTimer(note("a turn"), 10)), 30);
    clock.setTimer(note("the end"), 60);
    clock.setTimer(note("too late"), 61);
    await clock.advanceAsync(60);
    expect(diary).toEqual(["30: a promise", "40: a turn", "60: the end"]);
    expect(clock.now()).toBe(60);
    await clock.advanceAsync(0.1 + 0.2);
    expect(clock.now()).toBe(60 + (0.1 + 0.2));
    await expect(clock.advanceAsync(-1)).rejects.toThrow(TypeError);
  });

  it.each([1, 2])(
    "lets nodes run for hours with advanceAsync, and each hears itself and the others: %s of them",
    async (nodes) => {
      const clock = manualClock();
      const pubsub = memoryPubSub();
      const reports: unknown[] = [];
      const trackers = await Promise.all(
        Array.from({ length: nodes }, () => createTracker({ pubsub, clock })),
      );
      for (const tracker of trackers) {
        for (const event of ["error", "warning", "hearing", "replica-down"] as const)
          tracker.on(event, (report) => reports.push(report));
      }
      trackers[0]!.track("session 1", "lobby", "alice");
      await clock.advanceAsync(1_000);
      reports.length = 0;
      await clock.advanceAsync(2 * 3_600_000);
      expect(reports).toEqual([]);
      expect(trackers.map((tracker) => tracker.count("lobby"))).toEqual(trackers.map(() => 1));
    },
  );
});
