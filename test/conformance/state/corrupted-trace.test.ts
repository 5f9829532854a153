import { describe, expect, it } from "vitest";
import { failureOf, type RawEntry, type RawExpectation, tracesToCorrupt } from "./raw-state-trace.ts";

/** Where each list of entries is expected. */
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

const ALTERATIONS: { readonly [what: string]: (entries: RawEntry[], entry: RawEntry) => void } = {
  "an entry less": (entries) => entries.pop(),
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
    entry.meta = { ...entry.meta, altered: true };
  },
  "another clock": (_, entry) => {
    entry.tag[1]++;
  },
};

describe("an altered expectation fails, and names its trace and step", () => {
  for (const [op, list] of LISTS) {
    for (const [what, alter] of Object.entries(ALTERATIONS)) {
      it(`${op} expects ${what} in its ${list}`, async () => {
        await expectFailure(op, (expected) => {
          const [entry] = expected[list];
          if (entry !== undefined) alter(expected[list], entry);
          return entry !== undefined;
        });
      });
    }
  }

  for (const op of ["join", "update"]) {
    it(`${op} expects another clock in its tag`, async () => {
      await expectFailure(op, ({ tag }) => ++tag[1] > 0);
    });

    it(`${op} expects another replica in its tag`, async () => {
      await expectFailure(op, ({ tag }) => {
        tag[0] += "?";
        return true;
      });
    });
  }

  it("check expects a meta less in by_topic", async () => {
    await expectFailure("check", ({ by_topic }) => Object.values(by_topic)[0]?.pop() !== undefined);
  });

  it("check expects a meta twice in by_topic that is there once", async () => {
    await expectFailure("check", ({ by_topic }) => {
      const [metas] = Object.values(by_topic);
      metas?.push(metas[0]!);
      return metas !== undefined;
    });
  });

  it("check expects another meta in by_topic", async () => {
    await expectFailure("check", ({ by_topic }) => {
      const [metas] = Object.values(by_topic);
      if (metas !== undefined) metas[0]![1] = { altered: true };
      return metas !== undefined;
    });
  });

  it("check expects a topic more in by_topic", async () => {
    await expectFailure("check", ({ by_topic }) => {
      by_topic["nowhere"] = [["nobody", {}]];
      return true;
    });
  });
});

/** Alters, in the first trace that allows it, the first step of this kind that allows it. */
async function expectFailure(op: string, alter: (expected: RawExpectation) => boolean): Promise<void> {
  for (const trace of tracesToCorrupt("exact")) {
    const index = trace.steps.findIndex((step) => step.op === op && alter(step.expect!));
    if (index < 0) continue;
    const step = `step ${index} (${op} at ${trace.steps[index]!.replica})`;
    expect(await failureOf(trace)).toContain(`altered.jsonl:1: ${trace.name}\n  exact, ${step}: `);
    return;
  }
  expect.fail("no trace has such a step to alter");
}
