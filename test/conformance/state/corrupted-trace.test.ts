import { describe, expect, it } from "vitest";
import { failureOf, type RawEntry, type RawExpectation, tracesToCorrupt } from "./raw-state-trace.ts";

/** Each kind of step with the lists of entries that it expects. */
const LISTS = [
  ["leave", "leaves"],
  ["leave_pid", "leaves"],
  ["update", "replaced"],
  ["merge", "joins"],
  ["merge", "leaves"],
  ["replica_up", "joins"],
  ["replica_down", "leaves"],
  ["check", "online"],
] as const;

const CORRUPTIONS: { readonly [what: string]: (entries: RawEntry[], entry: RawEntry) => void } = {
  "one entry too few": (entries) => entries.pop(),
  "an entry twice": (entries, entry) => entries.push(entry),
  "another topic": (_, entry) => {
    entry.topic += "?";
  },
  "another pid": (_, entry) => {
    entry.pid += "?";
  },
  "another key": (_, entry) => {
    entry.key += "?";
  },
  "another meta": (_, entry) => {
    entry.meta = { ...entry.meta, corrupted: true };
  },
  "another clock": (_, entry) => {
    entry.tag[1]++;
  },
};

describe("a state trace fails, with its name and the step, when", () => {
  for (const [op, list] of LISTS) {
    for (const [what, corrupt] of Object.entries(CORRUPTIONS)) {
      it(`its ${op} expects ${what} in its ${list}`, async () => {
        await expectFailure(op, (expected) => {
          const [entry] = expected[list];
          if (entry !== undefined) corrupt(expected[list], entry);
          return entry !== undefined;
        });
      });
    }
  }

  for (const op of ["join", "update"]) {
    it(`its ${op} expects another clock in its tag`, async () => {
      await expectFailure(op, ({ tag }) => ++tag[1] > 0);
    });

    it(`its ${op} expects another replica in its tag`, async () => {
      await expectFailure(op, ({ tag }) => {
        tag[0] += "?";
        return true;
      });
    });
  }

  it("its check expects one meta too few in by_topic", async () => {
    await expectFailure("check", ({ by_topic }) => Object.values(by_topic)[0]?.pop() !== undefined);
  });

  it("its check expects the same meta twice in by_topic", async () => {
    await expectFailure("check", ({ by_topic }) => {
      const [metas] = Object.values(by_topic);
      metas?.push(metas[0]!);
      return metas !== undefined;
    });
  });

  it("its check expects another meta in by_topic", async () => {
    await expectFailure("check", ({ by_topic }) => {
      const [metas] = Object.values(by_topic);
      if (metas !== undefined) metas[0]![1] = { corrupted: true };
      return metas !== undefined;
    });
  });

  it("its check expects one topic too many in by_topic", async () => {
    await expectFailure("check", ({ by_topic }) => {
      by_topic["nowhere"] = [["mallory", {}]];
      return true;
    });
  });
});

/** Corrupts the first step of this kind for which `corrupt` returns true, and expects its trace to fail there. */
async function expectFailure(op: string, corrupt: (expected: RawExpectation) => boolean): Promise<void> {
  for (const trace of tracesToCorrupt("exact")) {
    const index = trace.steps.findIndex((step) => step.op === op && corrupt(step.expect!));
    if (index < 0) continue;
    const step = `step ${index} (${op} at ${trace.steps[index]!.replica})`;
    expect(await failureOf(trace)).toContain(`corrupted.jsonl:1: ${trace.name}\n  exact, ${step}: `);
    return;
  }
  expect.fail("no trace has a step of this kind that can be corrupted");
}
