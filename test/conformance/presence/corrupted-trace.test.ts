import { afterEach, describe, expect, it, vi } from "vitest";
import { Presence } from "../../../src/presence/presence.ts";
import { failureOf } from "../state/raw-state-trace.ts";
import { bundledTraceLines } from "../trace-file.ts";

interface Step {
  op: string;
  pid?: string;
  topic?: string;
  result: { [name: string]: unknown };
  events: Event[];
}

interface Event {
  type: "diff" | "handle_metas";
  topic: string;
  payload: Diff;
  diff: Diff;
  presences: { [key: string]: Meta[] };
}

type Diff = { [side in "joins" | "leaves"]: Entries };
type Entries = { [key: string]: { metas?: Meta[]; count?: number; user?: { name: string } } };
type Meta = { [name: string]: unknown };

const lines = bundledTraceLines("presence");

describe("a presence trace fails, with its name and the step, when", () => {
  for (const op of ["track", "update"]) {
    it(`its ${op} expects an error instead of a ref`, async () => {
      await expectFailure(op, (step) => {
        if (!("ok" in step.result)) return false;
        step.result = { error: op === "track" ? "already_tracked" : "nopresence" };
        return true;
      });
    });

    it(`its ${op} expects a ref instead of an error`, async () => {
      await expectFailure(op, (step) => {
        if (!("error" in step.result)) return false;
        step.result = { ok: "r1000" };
        return true;
      });
    });

    it(`its ${op} expects another ref`, async () => {
      await expectFailure(op, ({ result }) => {
        if (!("ok" in result)) return false;
        result["ok"] = "r1000";
        return true;
      });
    });
  }

  const corruptions: { readonly [what: string]: (entries: Entries) => boolean } = {
    "one key too few": (entries) => withFirst(Object.keys(entries), (key) => delete entries[key]),
    "one key too many": (entries) => {
      entries["mallory"] = { metas: [] };
      return true;
    },
    "another ref": (entries) => withMetas(entries, ([meta]) => (meta!["phx_ref"] = "r1000")),
    "another meta": (entries) => withMetas(entries, ([meta]) => (meta!["corrupted"] = true)),
    "one meta too few": (entries) => withMetas(entries, (metas) => metas.pop()),
    "a meta twice": (entries) => withMetas(entries, (metas) => metas.push(metas[0]!)),
    "another count": (entries) =>
      withFirst(
        Object.values(entries).filter(({ count }) => count !== undefined),
        (entry) => entry.count!++,
      ),
    "another user": (entries) =>
      withFirst(
        Object.values(entries).filter(({ user }) => user !== undefined),
        ({ user }) => (user!.name += "?"),
      ),
  };

  for (const [what, corrupt] of Object.entries(corruptions)) {
    it(`its list expects ${what}`, async () => {
      await expectFailure("list", ({ result }) => corrupt(result["presences"] as Entries));
    });

    it(`its get_by_key expects ${what}`, async () => {
      await expectFailure("get_by_key", ({ result }) => {
        if (!("presence" in result)) return false;
        const entries = { it: result["presence"] as Entries[string] };
        const isCorrupted = corrupt(entries);
        result["presence"] = what.startsWith("one key") ? { metas: [] } : entries.it;
        return isCorrupted;
      });
    });

    for (const side of ["joins", "leaves"] as const) {
      it(`it expects a diff with ${what} in its ${side}`, async () => {
        await expectFailure("any", ({ events }) => {
          return events.some(({ type, payload }) => type === "diff" && corrupt(payload[side]));
        });
      });

      it(`it expects a handle_metas with ${what} in the ${side}`, async () => {
        await expectFailure("any", ({ events }) => {
          return events.some(({ type, diff }) => type === "handle_metas" && corrupt(diff[side]));
        });
      });
    }
  }

  it("its list expects other refs in raw_order", async () => {
    await expectFailure("list", ({ result }) => {
      const [refs] = Object.values((result["raw_order"] ?? {}) as { [key: string]: string[] });
      return refs !== undefined && refs.pop() !== undefined;
    });
  });

  it("its get_by_key expects no presence and we return one", async () => {
    await expectFailure("get_by_key", (step) => {
      if (!("presence" in step.result)) return false;
      step.result = { empty: true };
      return true;
    });
  });

  it("its get_by_key expects a presence and we return nothing", async () => {
    await expectFailure("get_by_key", (step) => {
      if (!("empty" in step.result)) return false;
      step.result = { presence: { metas: [] } };
      return true;
    });
  });

  for (const op of ["track", "update", "untrack", "untrack_pid", "kill"]) {
    for (const type of ["diff", "handle_metas"] as const) {
      it(`its ${op} expects no ${type}`, async () => {
        await expectFailure(op, (step) => {
          const { length } = step.events;
          step.events = step.events.filter((event) => event.type !== type);
          return step.events.length < length;
        });
      });

      it(`its ${op} expects a ${type} in another topic`, async () => {
        await expectFailure(op, ({ events }, topics) => {
          return withFirst(
            events.filter((event) => event.type === type),
            (event) => {
              event.topic = topics.find((topic) => topic !== event.topic)!;
            },
          );
        });
      });
    }
  }

  it("it expects the leave of an ended process before the join", async () => {
    await expectFailure("track", (step) => {
      const isCorrupted = step.events.length > 1 && step.events[0]!.topic === step.events[1]!.topic;
      const [join, leave] = step.events;
      if (isCorrupted && leave!.type === "diff") step.events.splice(0, 2, leave!, join!);
      return isCorrupted && leave!.type === "diff";
    });
  });

  it("it expects a handle_metas with another list of metas", async () => {
    await expectFailure("any", ({ events }) => {
      return events.some(({ type, presences }) => {
        if (type !== "handle_metas") return false;
        return withFirst(
          Object.values(presences).filter(({ length }) => length > 0),
          (metas) => metas.pop(),
        );
      });
    });
  });

  it("its list expects an event", async () => {
    await expectFailure("list", (step, topics) => {
      const payload = { joins: { mallory: { metas: [] } }, leaves: {} };
      step.events = [{ type: "diff", topic: topics[0]!, payload } as unknown as Event];
      return true;
    });
  });
});

describe("reading a presence trace", () => {
  const trace = {
    kind: "presence",
    name: "alice",
    check: ["exact"],
    fetch: "identity",
    handle_metas: false,
    topics: ["lobby"],
    steps: [] as object[],
  };
  const track = {
    op: "track",
    pid: "p1",
    topic: "lobby",
    key: "alice",
    meta: {},
    result: { ok: "r1" },
    events: [],
  };

  it("accepts a well-formed one", async () => {
    expect(await failureOf(trace)).toBeUndefined();
  });

  for (const [what, changes, says] of [
    ["an unknown fetch", { fetch: "rename" }, "trace.fetch should be"],
    ["an unknown check", { check: ["converge"] }, "trace.check[0]"],
    ["an unknown step", { steps: [{ op: "leave", events: [] }] }, "trace.steps[0].op"],
    ["a key that is null", { steps: [{ ...track, key: null }] }, "trace.steps[0].key should be a key"],
    ["no result", { steps: [{ ...track, result: undefined }] }, "trace.steps[0].result"],
    ["a process that was not spawned", { steps: [{ ...track, pid: "p9" }] }, "no process p9 was spawned"],
    [
      "an event in an unknown topic",
      { steps: [{ ...track, topic: "attic" }] },
      "attic, which is not a topic of the trace",
    ],
  ] as const) {
    it(`rejects a trace with ${what}`, async () => {
      expect(await failureOf({ ...trace, ...changes })).toContain(says);
    });
  }

  it("checks the steps of a trace without the check exact", async () => {
    const steps = [{ ...track, key: "" }, track, { ...track, meta: [] }];
    expect(await failureOf({ ...trace, check: [], steps: steps.slice(0, 2) })).toBeUndefined();
    expect(await failureOf({ ...trace, check: [], steps })).toContain("trace.steps[2].meta");
  });
});

describe("with a planted bug, a trace without the check exact fails because", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const { count, keyCount, list } = Presence.prototype;
  const plants: { readonly [says: string]: () => void } = {
    "count differs from the list": () => {
      vi.spyOn(Presence.prototype, "count").mockImplementation(function (this: Presence, topic) {
        return count.call(this, topic) + 1;
      });
    },
    "keyCount differs from the list": () => {
      vi.spyOn(Presence.prototype, "keyCount").mockImplementation(function (this: Presence, topic) {
        return keyCount.call(this, topic) + 1;
      });
    },
    "the messages of a subscriber do not add up to the list": () => {
      vi.spyOn(Presence.prototype, "list").mockImplementation(async function (this: Presence, topic) {
        return { ...(await list.call(this, topic)), mallory: { metas: [] } };
      });
    },
    "it threw Error: planted": () => {
      vi.spyOn(Presence.prototype, "untrack").mockImplementation(() => {
        throw new Error("planted");
      });
    },
  };

  for (const [says, plant] of Object.entries(plants)) {
    it(says, async () => {
      const inexact = lines.find((line) => line.includes('"op":"untrack"') && line.includes('"check":[]'));
      plant();
      expect(await failureOf(inexact!)).toContain(says);
    });
  }
});

/** Corrupts the first step of this kind for which `corrupt` returns true, and expects its trace to fail there. */
async function expectFailure(
  op: string,
  corrupt: (step: Step, topics: readonly string[]) => unknown,
): Promise<void> {
  for (const line of lines) {
    const trace = JSON.parse(line) as { name: string; check: string[]; topics: string[]; steps: Step[] };
    if (!trace.check.includes("exact")) continue;
    const index = trace.steps.findIndex(
      (step) => (op === "any" || step.op === op) && corrupt(step, trace.topics),
    );
    if (index < 0) continue;
    const { op: found } = trace.steps[index]!;
    expect(await failureOf(trace)).toContain(
      `corrupted.jsonl:1: ${trace.name}\n  exact, step ${index} (${found}`,
    );
    return;
  }
  expect.fail("no trace has a step of this kind that can be corrupted");
}

function withFirst<T>(items: readonly T[], corrupt: (item: T) => unknown): boolean {
  const [first] = items;
  if (first !== undefined) corrupt(first);
  return first !== undefined;
}

function withMetas(entries: Entries, corrupt: (metas: Meta[]) => unknown): boolean {
  const lists = Object.values(entries).flatMap(({ metas }) =>
    metas === undefined || metas.length === 0 ? [] : [metas],
  );
  return withFirst(lists, corrupt);
}
