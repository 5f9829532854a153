import { describe, expect, it } from "vitest";
import { simulate } from "../../src/testing/index.ts";

/** The messages that are under way to a node are lost when it resubscribes, as on every simulated network. */
describe("a bus whose messages take longer than a heartbeat interval", () => {
  it.each([
    [10_000, 10_000],
    [8_000, 12_000],
    [3_000, 20_000],
    [40_000, 40_000],
  ])("of %i to %i ms delay still brings all nodes together, which report it once", async (least, most) => {
    const simulation = simulate(["tokyo", "paris", "osaka"], {
      network: { delayMs: [least, most] },
      downPeriodMs: 120_000,
    });
    const { tokyo, paris, osaka, advance, traffic } = simulation;
    const cities = [tokyo, paris, osaka];
    const warnings: string[] = [];
    const synced = cities.map(({ tracker }) => tracker.synced({ timeoutMs: 900_000 }));
    for (const city of cities) {
      city.tracker.on("warning", ({ code }) => warnings.push(`${city.name}: ${code}`));
      city.track("socket", "lobby", city.name);
    }
    advance(400_000);
    for (const city of cities) expect(city.keys("lobby")).toEqual(["osaka", "paris", "tokyo"]);
    expect(await Promise.all(synced)).toEqual([true, true, true]);
    expect(warnings.length).toBeGreaterThan(0);
    expect(new Set(warnings).size).toBe(warnings.length);
    expect(new Set(warnings.map((warning) => warning.split(": ")[1]))).toEqual(new Set(["RESUBSCRIBING"]));

    const downs: string[] = [];
    for (const { tracker } of cities) tracker.on("replica-down", ({ name }) => downs.push(name));
    const before = traffic().messages;
    tokyo.track("another socket", "lobby", "alice");
    advance(most + 100);
    for (const city of cities) expect(city.keys("lobby")).toContain("alice");
    advance(600_000);
    expect(downs).toEqual([]);
    // Three heartbeats per interval, and no pull again and again.
    expect(traffic().messages - before).toBeLessThan(3 * (600 / 4.5) * 1.5);
  });

  it("brings a new node what was tracked long before, and it is not synced earlier", async () => {
    const { tokyo, start, advance } = simulate(["tokyo", "paris"], {
      network: { delayMs: [10_000, 10_000] },
      downPeriodMs: 120_000,
    });
    for (let user = 0; user < 100; user++) tokyo.track(`socket ${user}`, "lobby", `user ${user}`);
    advance(300_000);
    const osaka = start("osaka");
    let countAtSync = -1;
    void osaka.tracker.synced({ timeoutMs: 600_000 }).then((isSynced) => {
      countAtSync = isSynced ? osaka.count("lobby") : -2;
    });
    for (let second = 0; second < 300 && countAtSync === -1; second++) {
      advance(1_000);
      await Promise.resolve();
    }
    expect(countAtSync).toBe(100);
  });

  it("may be slow between two nodes only: the others see each change at once", () => {
    const { tokyo, paris, osaka, advance, setLink } = simulate(["tokyo", "paris", "osaka"]);
    setLink("tokyo", "paris", { delayMs: [60_000, 60_000] });
    setLink("osaka", "paris", { delayMs: [60_000, 60_000] });
    tokyo.track("socket", "lobby", "alice");
    advance(50_000);
    expect(osaka.keys("lobby")).toEqual(["alice"]);
    expect(paris.keys("lobby")).toEqual([]);
    advance(20_000);
    expect(paris.keys("lobby")).toEqual(["alice"]);
  });

  it("delivers what is under way when it is fast again, and keeps the order", () => {
    const { tokyo, paris, advance, setLink } = simulate(["tokyo", "paris"]);
    setLink("tokyo", "paris", { delayMs: [60_000, 60_000] });
    advance(50_000);
    setLink("tokyo", "paris", { delayMs: [1, 5] });
    tokyo.track("socket", "lobby", "alice");
    advance(50_000);
    expect(paris.keys("lobby")).toEqual([]);
    advance(10_000);
    expect(paris.keys("lobby")).toEqual(["alice"]);
  });

  it("makes a deaf node resubscribe ever more rarely, and it hears again when it can", () => {
    const { tokyo, paris, advance, cut, heal, traffic } = simulate(["tokyo", "paris"]);
    advance(10_000);
    const warnings: string[] = [];
    tokyo.tracker.on("warning", ({ code }) => warnings.push(code));
    const before = traffic().network.unheard;
    cut("tokyo", "tokyo");
    advance(1_800_000);
    expect(warnings).toEqual(["RESUBSCRIBING"]);
    expect(traffic().network.unheard - before).toBeLessThan(100);
    heal();
    paris.track("socket", "lobby", "bob");
    advance(10_000);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
  });
});
