import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PROPERTY_RUNS } from "../../support/property-runs.ts";
import { exchangeUntilQuiet, ReplicaHarness } from "../replica-harness.ts";

type Mode = "presences" | "counts";

const LINGER_MS = 600_000;

/** Replicas that know each other and are no longer young. */
function replicas(names: readonly string[], mode: Mode): ReplicaHarness[] {
  const harnesses = names.map((name) => new ReplicaHarness(name, { mode, leaveDelayMs: LINGER_MS }));
  exchangeUntilQuiet(...harnesses);
  return harnesses;
}

const counts = (harnesses: readonly ReplicaHarness[]) =>
  harnesses.map((harness) => harness.count("article", "readers"));

describe("a newcomer, where only counts replicate", () => {
  it("supersedes one of several pending leaves elsewhere", () => {
    const [tokyo, paris, osaka] = replicas(["tokyo", "paris", "osaka"], "counts");
    for (const [replica, owner] of [
      [tokyo, 1],
      [tokyo, 2],
      [paris, 1],
    ] as const)
      replica!.join(owner, "article", "readers");
    exchangeUntilQuiet(tokyo!, paris!, osaka!);
    for (const owner of [1, 2]) tokyo!.end(owner);
    paris!.end(1);
    exchangeUntilQuiet(tokyo!, paris!, osaka!);
    expect(counts([tokyo!, paris!, osaka!])).toEqual([3, 3, 3]);
    osaka!.join(1, "article", "readers");
    exchangeUntilQuiet(tokyo!, paris!, osaka!);
    expect(counts([tokyo!, paris!, osaka!])).toEqual([3, 3, 3]);
    // Tokyo had most of them.
    expect(tokyo!.replication.presences.countOf(1)).toBe(0);
    expect(paris!.replication.presences.countOf(1)).toBe(1);
  });

  it("that comes before the news of a pending leave supersedes it afterwards", () => {
    const [tokyo, paris] = replicas(["tokyo", "paris"], "counts");
    tokyo!.join(1, "article", "readers");
    exchangeUntilQuiet(tokyo!, paris!);
    tokyo!.end(1);
    paris!.join(1, "article", "readers");
    exchangeUntilQuiet(tokyo!, paris!);
    expect(counts([tokyo!, paris!])).toEqual([1, 1]);
  });

  it("that another replica had seen before an owner of it ended supersedes nothing", () => {
    const [tokyo, paris] = replicas(["tokyo", "paris"], "counts");
    tokyo!.join(1, "article", "readers");
    paris!.join(1, "article", "readers");
    exchangeUntilQuiet(tokyo!, paris!);
    tokyo!.end(1);
    exchangeUntilQuiet(tokyo!, paris!);
    expect(counts([tokyo!, paris!])).toEqual([2, 2]);
  });

  it("that another replica has just listed as seen supersedes nothing when an owner of it ends", () => {
    const [tokyo, paris] = replicas(["tokyo", "paris"], "counts");
    tokyo!.join(1, "article", "readers");
    exchangeUntilQuiet(tokyo!, paris!);
    paris!.join(1, "article", "readers");
    paris!.advance(20);
    tokyo!.receive(...paris!.takeSent());
    // The heartbeat that follows lists the number with the newcomer.
    tokyo!.step({ type: "connected" });
    tokyo!.advance(10);
    paris!.receive(...tokyo!.takeSent());
    tokyo!.end(1);
    exchangeUntilQuiet(tokyo!, paris!);
    expect(counts([tokyo!, paris!])).toEqual([2, 2]);
  });
});

const SCRIPT = fc.array(
  fc.record({
    kind: fc.constantFrom("join", "join", "join", "end", "end", "leave", "close"),
    replica: fc.nat(3),
    owner: fc.nat(5),
  }),
  { maxLength: 25 },
);

it("counts the same as a replication of presences, for any history", () => {
  fc.assert(
    fc.property(SCRIPT, (script) => {
      const [presences, numbers] = [played(script, "presences"), played(script, "counts")];
      assert.deepEqual(numbers, presences);
    }),
    { numRuns: Math.ceil(PROPERTY_RUNS / 4) },
  );
});

/** The counts at every replica that is left, after each step of a script. */
function played(script: readonly { kind: string; replica: number; owner: number }[], mode: Mode): number[][] {
  const all = replicas(["tokyo", "paris", "osaka", "lima"], mode);
  const closed = new Set<ReplicaHarness>();
  const tracked = new Map<string, ReplicaHarness>();
  let owners = 0;
  const owned = new Map<string, number>();
  return script.map(({ kind, replica, owner }) => {
    const harness = all[replica]!;
    const slot = `${replica} ${owner}`;
    if (closed.has(harness)) return [];
    if (kind === "join" && !tracked.has(slot)) {
      owned.set(slot, ++owners);
      harness.join(owners, "article", "readers");
      tracked.set(slot, harness);
    } else if (kind === "end" && tracked.delete(slot)) {
      harness.end(owned.get(slot)!);
    } else if (kind === "leave" && tracked.delete(slot)) {
      harness.leave(owned.get(slot)!);
    } else if (kind === "close" && closed.size < 2) {
      harness.step({ type: "close", lingerMs: LINGER_MS });
      closed.add(harness);
      const last = harness.takeSent();
      for (const other of all) if (!closed.has(other)) other.receive(...last);
    }
    const open = all.filter((other) => !closed.has(other));
    exchangeUntilQuiet(...open);
    return counts(open);
  });
}
