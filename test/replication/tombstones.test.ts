import { expect, it } from "vitest";
import { Tombstones } from "../../src/replication/tombstones.ts";

it("keeps the latest 10 000 tombstones, each until it expires", () => {
  const tombstones = new Tombstones(1_000);
  for (let id = 0; id < 10_005; id++) tombstones.add(`${id}`, id < 9_000 ? 0 : 500);
  expect([tombstones.size, tombstones.has("4"), tombstones.has("5")]).toEqual([10_000, false, true]);
  tombstones.add("5", 600);
  tombstones.expire(1_000);
  expect([tombstones.has("8999"), tombstones.has("9000"), tombstones.has("5")]).toEqual([false, true, true]);
  tombstones.expire(1_500);
  expect([tombstones.size, tombstones.has("5")]).toEqual([1, true]);
});
