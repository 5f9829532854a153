import { describe, expect, it } from "vitest";
import { PresenceSet } from "../../src/crdt/index.ts";
import { twoReplicas } from "./two-replicas.ts";

describe("a catch-up", () => {
  it("contains only what the peer missed, if the log reaches back far enough", () => {
    const { tokyo, paris, send } = twoReplicas();
    for (let owner = 0; owner < 1_000; owner++) tokyo.join(owner, "lobby", `key-${owner}`, {});
    send();
    tokyo.leave(5, "lobby", "key-5");
    tokyo.join(1_000, "lobby", "new", {});
    const fragment = tokyo.catchUp("tokyo", paris.seenOf("tokyo"))!;
    expect(fragment.live.map(({ key }) => key)).toEqual(["new"]);
    expect(fragment.leaves).toEqual([{ leave: 1_001, ended: 6 }]);
    expect([...fragment.seen]).toEqual([
      [6, 6],
      [1_001, 1_002],
    ]);
  });

  it("leaves out only the live dots that the peer has, if the log does not reach back far enough", () => {
    const tokyo = new PresenceSet({ replica: "tokyo", logLimit: 1 });
    for (let owner = 1; owner <= 6; owner++) tokyo.join(owner, "lobby", `key-${owner}`, {});
    const seen = tokyo.seenOf("tokyo");
    for (const owner of [2, 5]) tokyo.leave(owner, "lobby", `key-${owner}`);
    const fragment = tokyo.catchUp("tokyo", seen)!;
    expect(fragment.live).toEqual([]);
    expect([...fragment.seen]).toEqual([
      [2, 2],
      [5, 5],
      [7, 8],
    ]);
  });

  it("is empty for a peer that has seen everything", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    send();
    const fragment = tokyo.catchUp("tokyo", paris.seenOf("tokyo"))!;
    expect([fragment.seen.isEmpty, fragment.live, fragment.leaves]).toEqual([true, [], []]);
  });
});
