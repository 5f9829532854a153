import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { IdleWatch } from "../../src/phoenix/limits/idle-watch.ts";
import { manualClock } from "../../src/testing/index.ts";

/** A watch of a minute. Its clock can also jump while no timer runs, as when the process is stopped or the machine is suspended. */
function watch(timeoutMs = 60_000) {
  const manual = manualClock();
  let jumpedMs = 0;
  const idle: string[] = [];
  const clock = { ...manual, now: () => manual.now() + jumpedMs };
  const watch = new IdleWatch<string>(clock, timeoutMs, (name) => void idle.push(name));
  return {
    watch,
    idle,
    advance: manual.advance,
    jump: (ms: number) => {
      jumpedMs += ms;
    },
  };
}

/** Long enough for the watch to judge. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

describe("the watch for idle connections", () => {
  it("finds each connection when it was silent for the timeout, and not a moment earlier", async () => {
    const { watch: names, idle, advance } = watch();
    names.touch("alice");
    advance(20_000);
    names.touch("bob");
    advance(39_999);
    await turns();
    expect(idle).toEqual([]);
    advance(1);
    await turns();
    expect(idle).toEqual(["alice"]);
    names.touch("bob");
    advance(59_999);
    await turns();
    expect(idle).toEqual(["alice"]);
    advance(1);
    await turns();
    expect(idle).toEqual(["alice", "bob"]);
  });

  it.each([1, 2])(
    "spares a connection whose message is read %i turns after the timer was due",
    async (turn) => {
      const { watch: names, idle, advance } = watch();
      for (const name of ["alice", "bob"]) names.touch(name);
      advance(60_000);
      for (let count = 1; count < turn; count++) await nextTurn();
      // As the poll phase of the event loop does, which follows the timers.
      names.touch("alice");
      await turns();
      expect(idle).toEqual(["bob"]);
      advance(60_000);
      await turns();
      expect(idle).toEqual(["bob", "alice"]);
    },
  );

  it.each([
    ["a minute", 60_000],
    ["an hour", 3_600_000],
    ["a week", 604_800_000],
  ])("does not count %s in which the process stood still as silence", async (_how, pauseMs) => {
    const { watch: names, idle, advance, jump } = watch();
    names.touch("alice");
    advance(30_000);
    jump(pauseMs);
    advance(29_000);
    await turns();
    expect(idle).toEqual([]);
    advance(1_000);
    await turns();
    expect(idle).toEqual(["alice"]);
  });

  it("finds silent connections in a process that stands still again and again", async () => {
    const { watch: names, idle, advance, jump } = watch();
    names.touch("alice");
    for (let second = 0; second < 59; second++) {
      jump(10_000);
      advance(1_000);
    }
    await turns();
    expect(idle).toEqual([]);
    jump(10_000);
    advance(1_000);
    await turns();
    expect(idle).toEqual(["alice"]);
  });

  it("does not find a connection that ended while the loop was reading, and can start again", async () => {
    const { watch: names, idle, advance, jump } = watch();
    names.touch("alice");
    advance(60_000);
    names.forget("alice");
    await turns();
    expect(idle).toEqual([]);
    // No tick runs while it watches nothing, so this is no pause.
    jump(300_000);
    names.touch("bob");
    advance(60_000);
    await turns();
    expect(idle).toEqual(["bob"]);
  });

  it("judges a short timeout as exactly as a long one", async () => {
    const { watch: names, idle, advance, jump } = watch(10);
    names.touch("alice");
    advance(5);
    jump(50);
    advance(4);
    await turns();
    expect(idle).toEqual([]);
    advance(3);
    await turns();
    expect(idle).toEqual(["alice"]);
  });
});
