import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/crdt/index.ts";
import type { LiveEntry } from "../../src/crdt/live-entry.ts";
import { twoReplicas } from "./two-replicas.ts";

describe("a meta", () => {
  it("is copied, so that the caller may change its object afterwards", () => {
    const { tokyo } = twoReplicas();
    const meta = { place: { row: 1, seats: [1, 2] } };
    tokyo.join(1, "lobby", "alice", meta);
    meta.place.row = 9;
    meta.place.seats.push(3);
    expect(tokyo.getByKey("lobby", "alice")).toEqual([
      { place: { row: 1, seats: [1, 2] }, phx_ref: "tokyo.1" },
    ]);
    const flat = { device: "phone" };
    tokyo.join(2, "lobby", "bob", flat);
    flat.device = "laptop";
    expect(tokyo.getByKey("lobby", "bob")).toEqual([{ device: "phone", phx_ref: "tokyo.2" }]);
    expect([meta, meta.place, flat].some(Object.isFrozen)).toBe(false);
  });

  it.each(["tokyo", "paris"] as const)(
    "is deeply frozen and the same object at each read, in %s",
    (place) => {
      const replicas = twoReplicas();
      replicas.tokyo.join(1, "lobby", "alice", { place: { row: 1, seats: [1, { aisle: true }] } });
      replicas.send();
      const [first] = replicas[place].getByKey("lobby", "alice");
      const [[, listed]] = replicas[place].list("lobby") as [[string, unknown]];
      expect(listed).toBe(first);
      assertFrozen(first);
      expect(() => Object.assign(first!, { phx_ref: "gone" })).toThrow(TypeError);
    },
  );

  it("that is empty is one object for all presences until it is read, and frozen as others are", () => {
    const { tokyo } = twoReplicas();
    const [one, other] = [{}, {}].map((meta, at) => tokyo.join(at, "lobby", "readers", meta) as LiveEntry);
    expect(one!.content).toBe(other!.content);
    expect([one!.meta, other!.meta]).toEqual([{ phx_ref: "tokyo.1" }, { phx_ref: "tokyo.2" }]);
    assertFrozen(one!.meta);
  });

  it("is forwarded as it was tracked, without refs", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", { n: 1 });
    tokyo.update(1, "lobby", "alice", { n: 2 });
    send();
    paris.list("lobby");
    expect(paris.catchUp("tokyo", Intervals.empty())!.live[0]!.content).toEqual({ n: 2 });
  });
});

function assertFrozen(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  expect(Object.isFrozen(value)).toBe(true);
  for (const member of Object.values(value)) assertFrozen(member);
}
