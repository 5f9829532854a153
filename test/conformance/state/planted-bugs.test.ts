import { afterEach, describe, expect, it, vi } from "vitest";
import { Intervals, PresenceSet } from "../../../src/crdt/index.ts";
import { bundledTraceLines } from "../bundled-traces.ts";
import { failureOf } from "./raw-state-trace.ts";

const lines = [...bundledTraceLines("state-cases"), ...bundledTraceLines("state")];
const honest = { ...methodsOf(PresenceSet.prototype) };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a set with a planted bug fails", () => {
  it("when a merge forgets what left", async () => {
    plant("merge", function (fragment) {
      return honest.merge.call(this, {
        ...fragment,
        seen: Intervals.of(fragment.live.map(({ dot }) => dot)),
      });
    });
    expect(await firstFailure()).toMatch(/exact, step \d+ \(merge at .+\): leaves/);
  });

  it("when a delta never comes", async () => {
    plant("takeOperations", () => []);
    expect(await firstFailure()).toMatch(/exact, step \d+ \(merge at .+\): joins/);
  });

  it("when a catch-up to somebody who has seen a part leaves something out", async () => {
    plant("catchUp", function (replica, seen) {
      const fragment = honest.catchUp.call(this, replica, seen);
      return fragment && (seen.isEmpty ? fragment : { ...fragment, live: fragment.live.slice(1) });
    });
    expect(await firstFailure()).toMatch(/step \d+ \(merge at .+\): .+ another set that has seen/);
  });

  it("when hiding a replica is not reported", async () => {
    plant("hide", function (replica) {
      honest.hide.call(this, replica);
      return { joins: [], leaves: [] };
    });
    expect(await firstFailure()).toMatch(/step \d+ \(replica_down at .+\): .+ what the changes add up to/);
  });

  it("when a forgotten replica is only hidden", async () => {
    plant("forget", honest.hide);
    expect(await firstFailure()).toMatch(/exact, step \d+ \(replica_up at .+\): joins/);
  });

  it("when a list is a presence short", async () => {
    plant("list", function (topic) {
      return honest.list.call(this, topic).slice(1);
    });
    expect(await firstFailure()).toMatch(/step 0 .+: the list is not what the changes add up to/);
  });

  it("when digests differ from set to set", async () => {
    plant("digestOf", function () {
      return this.replica.charCodeAt(0);
    });
    expect(await firstFailure()).toMatch(/step 0 .+: its digest is not that of another set/);
  });

  it("when a count is off by one", async () => {
    plant("count", function (topic, key) {
      return honest.count.call(this, topic, key) + 1;
    });
    expect(await firstFailure()).toMatch(/step 0 .+: count of .+ is 2, where the list has 1/);
  });

  it("when devices are counted as people", async () => {
    plant("keyCount", honest.count);
    expect(await firstFailure()).toMatch(/keyCount of .+ is 2, where the list has 1/);
  });

  it("when a key is not found", async () => {
    plant("getByKey", () => []);
    expect(await firstFailure()).toMatch(/step 0 .+: getByKey of .+/);
  });

  it("when it throws", async () => {
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
  bug: (this: PresenceSet, ...given: Parameters<PresenceSet[Name]>) => ReturnType<PresenceSet[Name]>,
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
