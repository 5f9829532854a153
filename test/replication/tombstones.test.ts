import { expect, it } from "vitest";
import { Tombstones } from "../../src/replication/tombstones.ts";

it("keeps no more than ten thousand, the latest, and each only as long as it is to", () => {
  const tombstones = new Tombstones(1_000);
  for (let start = 0; start < 10_005; start++) tombstones.add(`${start}`, start < 9_000 ? 0 : 500);
  expect([tombstones.size, tombstones.has("4"), tombstones.has("5")]).toEqual([10_000, false, true]);
  tombstones.add("5", 600);
  tombstones.expire(1_000);
  expect([tombstones.has("8999"), tombstones.has("9000"), tombstones.has("5")]).toEqual([false, true, true]);
  tombstones.expire(1_500);
  expect([tombstones.size, tombstones.has("5")]).toEqual([1, true]);
});
