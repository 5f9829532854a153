import { afterEach, describe, expect, it, vi } from "vitest";
import { LiveEntry } from "../../../src/crdt/live-entry.ts";
import { PresenceSet } from "../../../src/crdt/presence-set.ts";
import { countChangesOf } from "../../../src/tracker/events/count-changes.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("countChangesOf", () => {
  it("counts a change by topic and key, and makes no meta", () => {
    const readMeta = vi.spyOn(LiveEntry.prototype, "meta", "get");
    const set = new PresenceSet({ replica: "tokyo" });
    const joins = [
      set.join(1, "lobby", "alice", {}),
      set.join(2, "lobby", "alice", {}),
      set.join(1, "kitchen", "__proto__", {}),
    ];
    const leaves = [set.join(3, "lobby", "bob", {}), set.join(4, "lobby", "alice", {})];
    expect(countChangesOf({ joins, leaves })).toEqual([
      { topic: "lobby", key: "bob", joins: 0, leaves: 1 },
      { topic: "lobby", key: "alice", joins: 2, leaves: 1 },
      { topic: "kitchen", key: "__proto__", joins: 1, leaves: 0 },
    ]);
    expect(readMeta).not.toHaveBeenCalled();
  });

  it("counts an update as one join and one leave, and nothing as nothing", () => {
    const set = new PresenceSet({ replica: "tokyo" });
    set.join(1, "lobby", "alice", {});
    const change = set.update(1, "lobby", "alice", { typing: true });
    expect(countChangesOf(change)).toEqual([{ topic: "lobby", key: "alice", joins: 1, leaves: 1 }]);
    expect(countChangesOf({ joins: [], leaves: [] })).toEqual([]);
  });
});
