import { afterEach, describe, expect, it, vi } from "vitest";
import { Presence } from "../../../src/presence/presence.ts";
import { bundledTraceLines } from "../bundled-traces.ts";
import { failureOf } from "../state/raw-state-trace.ts";

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

describe("an altered expectation fails, and names its trace and step", () => {
  for (const op of ["track", "update"]) {
    it(`${op} expects an error in place of a ref`, async () => {
      await expectFailure(op, (step) => {
        if (!("ok" in step.result)) return false;
        step.result = { error: op === "track" ? "already_tracked" : "nopresence" };
        return true;
      });
    });

    it(`${op} expects a ref in place of an error`, async () => {
      await expectFailure(op, (step) => {
        if (!("error" in step.result)) return false;
        step.result = { ok: "r1000" };
        return true;
      });
    });

    it(`${op} expects another ref`, async () => {
      await expectFailure(op, ({ result }) => {
        if (!("ok" in result)) return false;
        result["ok"] = "r1000";
        return true;
      });
    });
  }

  const alterations: { readonly [what: string]: (entries: Entries) => boolean } = {
    "a key less": (entries) => withFirst(Object.keys(entries), (key) => delete entries[key]),
    "a key more": (entries) => {
      entries["mallory"] = { metas: [] };
      return true;
    },
    "another ref": (entries) => withMetas(entries, ([meta]) => (meta!["phx_ref"] = "r1000")),
    "another meta": (entries) => withMetas(entries, ([meta]) => (meta!["altered"] = true)),
    "a meta less": (entries) => withMetas(entries, (metas) => metas.pop()),
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

  for (const [what, alter] of Object.entries(alterations)) {
    it(`list expects ${what}`, async () => {
      await expectFailure("list", ({ result }) => alter(result["presences"] as Entries));
    });

    it(`get_by_key expects ${what}`, async () => {
      await expectFailure("get_by_key", ({ result }) => {
        if (!("presence" in result)) return false;
        const entries = { it: result["presence"] as Entries[string] };
        const isAltered = alter(entries);
        result["presence"] = what.startsWith("a key") ? { metas: [] } : entries.it;
        return isAltered;
      });
    });

    for (const side of ["joins", "leaves"] as const) {
      it(`a diff has ${what} in its ${side}`, async () => {
        await expectFailure("any", ({ events }) => {
          return events.some(({ type, payload }) => type === "diff" && alter(payload[side]));
        });
      });

      it(`handle_metas has ${what} in the ${side} of its diff`, async () => {
        await expectFailure("any", ({ events }) => {
          return events.some(({ type, diff }) => type === "handle_metas" && alter(diff[side]));
        });
      });
    }
  }

  it("list expects other refs in its raw_order", async () => {
    await expectFailure("list", ({ result }) => {
      const [refs] = Object.values((result["raw_order"] ?? {}) as { [key: string]: string[] });
      return refs !== undefined && refs.pop() !== undefined;
    });
  });

  it("get_by_key expects nothing where there is something", async () => {
    await expectFailure("get_by_key", (step) => {
      if (!("presence" in step.result)) return false;
      step.result = { empty: true };
      return true;
    });
  });

  it("get_by_key expects something where there is nothing", async () => {
    await expectFailure("get_by_key", (step) => {
      if (!("empty" in step.result)) return false;
      step.result = { presence: { metas: [] } };
      return true;
    });
  });

  for (const op of ["track", "update", "untrack", "untrack_pid", "kill"]) {
    for (const type of ["diff", "handle_metas"] as const) {
      it(`${op} expects no ${type}`, async () => {
        await expectFailure(op, (step) => {
          const { length } = step.events;
          step.events = step.events.filter((event) => event.type !== type);
          return step.events.length < length;
        });
      });

      it(`${op} expects a ${type} in the other topic`, async () => {
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

  it("expects the leave of one who had ended before its join", async () => {
    await expectFailure("track", (step) => {
      const isAltered = step.events.length > 1 && step.events[0]!.topic === step.events[1]!.topic;
      const [join, leave] = step.events;
      if (isAltered && leave!.type === "diff") step.events.splice(0, 2, leave!, join!);
      return isAltered && leave!.type === "diff";
    });
  });

  it("handle_metas expects another list of metas", async () => {
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

  it("list expects an event", async () => {
    await expectFailure("list", (step, topics) => {
      const payload = { joins: { mallory: { metas: [] } }, leaves: {} };
      step.events = [{ type: "diff", topic: topics[0]!, payload } as unknown as Event];
      return true;
    });
  });
});

describe("a presence trace that is not well-formed fails, and says where", () => {
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

  it("passes when it is one", async () => {
    expect(await failureOf(trace)).toBeUndefined();
  });

  for (const [what, altered, says] of [
    ["a fetch that we don't know", { fetch: "rename" }, "trace.fetch should be"],
    ["a check that we can't make", { check: ["converge"] }, "trace.check[0]"],
    ["a step that we don't know", { steps: [{ op: "leave", events: [] }] }, "trace.steps[0].op"],
    ["a key that is none", { steps: [{ ...track, key: null }] }, "trace.steps[0].key should be a key"],
    ["no result", { steps: [{ ...track, result: undefined }] }, "trace.steps[0].result"],
    ["a process that nobody spawned", { steps: [{ ...track, pid: "p9" }] }, "no process p9 was spawned"],
    ["an event elsewhere", { steps: [{ ...track, topic: "attic" }] }, "attic, no topic of the trace"],
  ] as const) {
    it(`a trace with ${what}`, async () => {
      expect(await failureOf({ ...trace, ...altered })).toContain(says);
    });
  }

  it("does not pass over what it breaks of our own promises, where it has no exact", async () => {
    const steps = [{ ...track, key: "" }, track, { ...track, meta: [] }];
    expect(await failureOf({ ...trace, check: [], steps: steps.slice(0, 2) })).toBeUndefined();
    expect(await failureOf({ ...trace, check: [], steps })).toContain("trace.steps[2].meta");
  });
});

describe("a presence with a planted bug fails, also where its trace has no exact", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const { count, keyCount, list } = Presence.prototype;
  const plants: { readonly [says: string]: () => void } = {
    "count is not that of the list": () => {
      vi.spyOn(Presence.prototype, "count").mockImplementation(function (this: Presence, topic) {
        return count.call(this, topic) + 1;
      });
    },
    "keyCount is not that of the list": () => {
      vi.spyOn(Presence.prototype, "keyCount").mockImplementation(function (this: Presence, topic) {
        return keyCount.call(this, topic) + 1;
      });
    },
    "does not add up to the list": () => {
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

/** Alters, in the first trace that allows it, the first step of this kind that allows it. */
async function expectFailure(
  op: string,
  alter: (step: Step, topics: readonly string[]) => unknown,
): Promise<void> {
  for (const line of lines) {
    const trace = JSON.parse(line) as { name: string; check: string[]; topics: string[]; steps: Step[] };
    if (!trace.check.includes("exact")) continue;
    const index = trace.steps.findIndex(
      (step) => (op === "any" || step.op === op) && alter(step, trace.topics),
    );
    if (index < 0) continue;
    const { op: found } = trace.steps[index]!;
    expect(await failureOf(trace)).toContain(
      `altered.jsonl:1: ${trace.name}\n  exact, step ${index} (${found}`,
    );
    return;
  }
  expect.fail("no trace has such a step to alter");
}

function withFirst<T>(items: readonly T[], alter: (item: T) => unknown): boolean {
  const [first] = items;
  if (first !== undefined) alter(first);
  return first !== undefined;
}

function withMetas(entries: Entries, alter: (metas: Meta[]) => unknown): boolean {
  const lists = Object.values(entries).flatMap(({ metas }) =>
    metas === undefined || metas.length === 0 ? [] : [metas],
  );
  return withFirst(lists, alter);
}
