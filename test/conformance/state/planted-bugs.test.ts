import { afterEach, describe, expect, it, vi } from "vitest";
import { Intervals, PresenceSet } from "../../../src/crdt/index.ts";
import { bundledTraceLines } from "../trace-file.ts";
import { failureOf } from "./raw-state-trace.ts";

const lines = [...bundledTraceLines("state-cases"), ...bundledTraceLines("state")];
const original = { ...methodsOf(PresenceSet.prototype) };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a state trace fails in a set with a planted bug,", () => {
  it("when a merge forgets leaves", async () => {
    plant("merge", function (fragment) {
      return original.merge.call(this, {
        ...fragment,
        seen: Intervals.of(fragment.live.map(({ dot }) => dot)),
      });
    });
    expect(await firstFailure()).toMatch(/exact, step \d+ \(merge at .+\): leaves/);
  });

  it("when a delta never arrives", async () => {
    plant("takeOperations", () => []);
    expect(await firstFailure()).toMatch(/exact, step \d+ \(merge at .+\): joins/);
  });

  it("when a catch-up for a replica that has seen some events omits a presence", async () => {
    plant("catchUp", function (replica, seen) {
      const fragment = original.catchUp.call(this, replica, seen);
      return fragment && (seen.isEmpty ? fragment : { ...fragment, live: fragment.live.slice(1) });
    });
    expect(await firstFailure()).toMatch(/step \d+ \(merge at .+\): .+ of another set that has seen/);
  });

  it("when the set does not report that it hides a replica", async () => {
    plant("hide", function (replica) {
      original.hide.call(this, replica);
      return { joins: [], leaves: [] };
    });
    expect(await firstFailure()).toMatch(/step \d+ \(replica_down at .+\): .+ what the changes add up to/);
  });

  it("when the set hides a replica that it should forget", async () => {
    plant("forget", original.hide);
    expect(await firstFailure()).toMatch(/exact, step \d+ \(replica_up at .+\): joins/);
  });

  it("when a list omits a presence", async () => {
    plant("list", function (topic) {
      return original.list.call(this, topic).slice(1);
    });
    expect(await firstFailure()).toMatch(/step 0 .+: the list is not what the changes add up to/);
  });

  it("when equal sets have different digests", async () => {
    plant("digestOf", function () {
      return this.replica.charCodeAt(0);
    });
    expect(await firstFailure()).toMatch(/step 0 .+: its digest differs from the digest of another set/);
  });

  it("when a count is off by one", async () => {
    plant("count", function (topic, key) {
      return original.count.call(this, topic, key) + 1;
    });
    expect(await firstFailure()).toMatch(/step 0 .+: count of .+ is 2, but the list has 1/);
  });

  it("when a key count counts devices", async () => {
    plant("keyCount", original.count);
    expect(await firstFailure()).toMatch(/keyCount of .+ is 2, but the list has 1/);
  });

  it("when a key is not found", async () => {
    plant("getByKey", () => []);
    expect(await firstFailure()).toMatch(/step 0 .+: getByKey of .+/);
  });

  it("when the set throws", async () => {
    plant("merge", () => {
      throw new Error("planted");
    });
    expect(await firstFailure()).toMatch(/step \d+ \(merge at .+\): it threw Error: planted/);
  });
});

type Method = keyof ReturnType<typeof methodsOf>;

function methodsOf(set: PresenceSet) {
  const { merge, takeOperations, catchUp, hide, forget, list, digestOf, count, keyCount, getByKey } = set;
  return { merge, takeOperations, catchUp, hide, forget, list, digestOf, count, keyCount, getByKey };
}

function plant<Name extends Method>(
  method: Name,
  bug: (this: PresenceSet, ...args: Parameters<PresenceSet[Name]>) => ReturnType<PresenceSet[Name]>,
): void {
  vi.spyOn(PresenceSet.prototype, method).mockImplementation(bug as never);
}

async function firstFailure(): Promise<string | undefined> {
  for (const line of lines) {
    const failure = await failureOf(line);
    if (failure !== undefined) return failure;
  }
  return undefined;
}
