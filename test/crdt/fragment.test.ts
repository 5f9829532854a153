import { describe, expect, it } from "vitest";
import { compactOperations } from "../../src/crdt/fragment.ts";
import { PresenceSet } from "../../src/crdt/presence-set.ts";

describe("a delta of two takes", () => {
  it("keeps the leaves of an ended update with the update that ended it", () => {
    const tokyo = new PresenceSet({ replica: "tokyo" });
    tokyo.join(1, "lobby", "alice", {});
    tokyo.takeOperations();
    const [first] = tokyo.update(1, "lobby", "alice", { typing: true }).leaves;
    const earlier = tokyo.takeOperations();
    const [second] = tokyo.update(1, "lobby", "alice", { typing: false }).leaves;
    const later = tokyo.takeOperations();

    const compacted = compactOperations([...earlier, ...later]);
    expect(compacted).toHaveLength(1);
    expect(compacted[0]!.leaves.map(({ ended }) => ended)).toEqual([first!.dot, second!.dot]);
  });
});
