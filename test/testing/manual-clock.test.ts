import { describe, expect, it } from "vitest";
import { manualClock } from "../../src/testing/manual-clock.ts";

/** A clock, and a diary of which timer went off when. */
function clockWithDiary() {
  const clock = manualClock();
  const diary: string[] = [];
  const note = (text: string) => () => diary.push(`${clock.now()}: ${text}`);
  return { clock, diary, note };
}

describe("manualClock", () => {
  it("stands still until it is moved", () => {
    const { clock, diary, note } = clockWithDiary();
    clock.setTimer(note("tea"), 0);
    expect(clock.now()).toBe(0);
    expect(diary).toEqual([]);
  });

  it("calls timers back in order of time, each at its own", () => {
    const { clock, diary, note } = clockWithDiary();
    clock.setTimer(note("lunch"), 300);
    clock.setTimer(note("breakfast"), 100);
    clock.setTimer(note("tea"), 400);
    clock.advance(350);
    expect(diary).toEqual(["100: breakfast", "300: lunch"]);
    expect(clock.now()).toBe(350);
  });

  it("calls timers of one moment back in the order in which they were set", () => {
    const { clock, diary, note } = clockWithDiary();
    for (const name of ["alice", "bob", "carol", "dave"]) clock.setTimer(note(name), 50);
    clock.advance(50);
    expect(diary).toEqual(["50: alice", "50: bob", "50: carol", "50: dave"]);
  });

  it("takes in timers that are set on the way", () => {
    const { clock, diary, note } = clockWithDiary();
    clock.setTimer(() => clock.setTimer(note("echo"), 10), 20);
    clock.setTimer(note("later"), 25);
    clock.advance(100);
    expect(diary).toEqual(["25: later", "30: echo"]);
  });

  it("calls a cancelled timer never, and lets one be cancelled late", () => {
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

  it("lets the wall clock jump, and no timer notices", () => {
    const { clock, diary, note } = clockWithDiary();
    const before = clock.wallNow();
    clock.setTimer(note("tea"), 10);
    clock.jumpWall(-3_600_000);
    clock.advance(10);
    expect(clock.wallNow()).toBe(before - 3_600_000 + 10);
    expect(diary).toEqual(["10: tea"]);
  });

  it("refuses to go back, and to go on for ever", () => {
    const { clock } = clockWithDiary();
    expect(() => clock.advance(-1)).toThrow(TypeError);
    expect(() => clock.advance(Number.NaN)).toThrow(TypeError);
    expect(() => clock.advance(Number.POSITIVE_INFINITY)).toThrow(TypeError);
  });

  it("says so when timers keep time from moving", () => {
    const { clock } = clockWithDiary();
    const again = () => clock.setTimer(again, 0);
    again();
    expect(() => clock.advance(1)).toThrow("Time stands still at 0 ms");
  });
});
