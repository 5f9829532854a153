import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type ManualClock, manualClock } from "../../src/testing/index.ts";
import { TurnShare } from "../../src/time/turn-share.ts";

function shareOn(clock: ManualClock) {
  const log: (string | number)[] = [];
  const share = new TurnShare({
    clock,
    pause: () => void log.push("pause"),
    resume: () => void log.push("resume"),
  });
  /** A task that takes this long. */
  const task = (name: number, ms: number) => (): void => {
    log.push(name);
    clock.advance(ms);
  };
  return { share, log, task };
}

describe("tasks that share a turn", () => {
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
