import { describe, expect, it } from "vitest";
import { countOnly } from "../../src/presence/count-only.ts";
import { simulate } from "../../src/testing/index.ts";

const counts = { fetch: countOnly("readers", "editors"), replicate: "counts" } as const;

describe("simulated nodes that replicate counts", () => {
  it("count what all owners hold, through a partition and a crash", () => {
    const { tokyo, paris, osaka, advance, isolate, heal, crash } = simulate(
      ["tokyo", "paris", "osaka"],
      counts,
    );
    for (const owner of ["a", "b", "c"]) tokyo.track(owner, "article", "readers");
    paris.track("a", "article", "readers");
    paris.track("a", "article", "editors");
    advance(1_000);
    for (const node of [tokyo, paris, osaka]) {
      expect(node.presence.counts("article")).toEqual({ readers: { count: 4 }, editors: { count: 1 } });
      expect([node.count("article"), node.count("article", "readers")]).toEqual([5, 4]);
    }
    isolate("tokyo");
    advance(40_000);
    tokyo.untrack("a");
    tokyo.track("d", "article", "editors");
    expect([tokyo, paris, osaka].map((node) => node.count("article"))).toEqual([3, 2, 2]);
    heal("tokyo");
    advance(5_000);
    expect([tokyo, paris, osaka].map((node) => node.count("article"))).toEqual([5, 5, 5]);
    crash("tokyo");
    advance(40_000);
    expect([paris, osaka].map((node) => node.count("article", "readers"))).toEqual([1, 1]);
  });

  it("have a presence and no tracker, and the others have a tracker and no presence", () => {
    const { tokyo } = simulate(["tokyo"], counts);
    const { paris } = simulate(["paris"]);
    expect(() => tokyo.tracker).toThrow("tokyo replicates counts, so it has no tracker. Use tokyo.presence.");
    expect(() => paris.presence).toThrow("paris replicates presences, so it has no presence");
    expect(() => simulate(["lima"], { fetch: countOnly("readers") })).toThrow(
      'fetch was given without replicate: "counts"',
    );
    expect(() => simulate(["lima"], { replicate: "counts" })).toThrow("fetch is not what countOnly returns");
  });

  it("break a promise when a number changes that nobody has changed", () => {
    const { tokyo, paris, advance } = simulate(["tokyo", "paris"], counts);
    tokyo.track("a", "article", "readers");
    advance(1_000);
    const { count } = paris.presence;
    paris.presence.count = (topic, key) => count.call(paris.presence, topic, key) + 1;
    expect(() => paris.track("b", "article", "readers")).toThrow("counts 3 of readers in article");
  });
});
