import { describe, expect, it } from "vitest";
import { failureOf } from "./raw-state-trace.ts";

const alice = { topic: "lobby", pid: "tokyo-p1", key: "alice", meta: {} };

/**
 * Paris hears of alice before it knows tokyo. The reference counts that event and claims it when it asks tokyo. Our
 * set ignores it.
 */
function trace(transfer: object): object {
  return {
    kind: "state",
    name: "paris asks tokyo",
    check: ["converge"],
    replicas: ["tokyo", "paris"],
    setup: { replica_up: [["tokyo", "paris"]] },
    steps: [
      { op: "join", replica: "tokyo", ...alice, expect: { tag: ["tokyo", 1] } },
      { op: "capture_delta", replica: "tokyo", as: "delta" },
      { op: "merge", replica: "paris", message: "delta", expect: { joins: [], leaves: [] } },
      { op: "replica_up", replica: "paris", peer: "tokyo", expect: { joins: [] } },
      { op: "transfer", replica: "tokyo", for: "paris", as: "answer", ...transfer },
      { op: "merge", replica: "paris", message: "answer", expect: { joins: [], leaves: [] } },
    ],
  };
}

const nothing = { kind: "delta", content: { clouds: {}, values: [] } };

describe("a transfer in a trace that must converge", () => {
  it("brings what the asking replica has not seen, whatever the recorded clocks claim", async () => {
    expect(await failureOf(trace({ clocks: { tokyo: 1 }, expect: nothing }))).toBeUndefined();
  });

  it("brings nothing of a replica that the clocks do not name", async () => {
    const failure = await failureOf(trace({ clocks: { paris: 0 }, expect: nothing }));
    expect(failure).toContain('only expected: "lobby" "alice"');
  });
});
