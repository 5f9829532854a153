import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/crdt/index.ts";
import { AnsweredPulls } from "../../src/replication/answered-pulls.ts";
import type { Pull } from "../../src/wire/index.ts";
import { HEARTBEAT_INTERVAL, skipHeartbeatInterval, tokyoAndParis } from "./replica-harness.ts";

const pullOf = (request: number, seen = Intervals.empty()): Pull => ({
  type: "pull",
  to: "tokyo",
  request,
  wants: [{ replica: "tokyo", seen }],
});

describe("a replica", () => {
  it("answers a pull that a broker delivers many times once, until a heartbeat interval has passed", () => {
    const { tokyo, paris } = tokyoAndParis();
    const [pull] = paris.forge(pullOf(7));
    tokyo.takeSent();
    tokyo.receive(pull!, pull!, pull!);
    const pushes = () => tokyo.takeSent().filter(({ type }) => type === "push").length;
    expect(pushes()).toBe(1);
    tokyo.receive(...paris.forge(pullOf(8)), pull!, pull!);
    expect(pushes()).toBe(1);
    skipHeartbeatInterval(tokyo, paris);
    tokyo.receive(pull!, pull!);
    expect(pushes()).toBe(1);
  });

  it("answers a peer although a stranger sent a very high request number under the peer's id", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.receive(...paris.forge(pullOf(2 ** 50 - 1)));
    tokyo.takeSent();
    tokyo.receive(...paris.forge(pullOf(1), pullOf(2)));
    expect(tokyo.takeSent().map((push) => push.type === "push" && push.request)).toEqual([1, 2]);
  });
});

describe("the answered pulls of a peer", () => {
  it("are compared by number, replicas and seen events", () => {
    const answered = new AnsweredPulls();
    const pulls: Pull[] = [
      pullOf(1),
      pullOf(2),
      pullOf(1, Intervals.range(1, 5)),
      pullOf(1, Intervals.range(1, 2 ** 40)),
      pullOf(1, Intervals.range(1, 2 ** 41)),
      { ...pullOf(1), wants: [{ replica: "paris", seen: Intervals.empty() }] },
      { ...pullOf(1), wants: [] },
    ];
    for (const expected of [false, true])
      for (const pull of pulls) expect(answered.isRepeated(pull, 0, HEARTBEAT_INTERVAL)).toBe(expected);
  });

  it("are at most 16, the latest", () => {
    const answered = new AnsweredPulls();
    for (let request = 0; request <= 16; request++) answered.isRepeated(pullOf(request), 0, 1_000);
    expect(answered.isRepeated(pullOf(16), 1, 1_000)).toBe(true);
    expect(answered.isRepeated(pullOf(0), 1, 1_000)).toBe(false);
  });
});
