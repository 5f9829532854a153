import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../src/testing/index.ts";
import type { Clock } from "../../src/time/clock.ts";
import { RunningTime } from "../../src/time/running-time.ts";
import { TokenBucket } from "../../src/time/token-bucket.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

/** A clock whose `stall` plays an event loop that is held up: time passes, and no timer runs. */
function stallingClock() {
  const clock = manualClock();
  let stalledMs = 0;
  const stalling: Clock = { ...clock, now: () => clock.now() + stalledMs };
  const stall = (ms: number): void => {
    stalledMs += ms;
  };
  return { clock: stalling, advance: clock.advance, stall };
}

function bucketOf(perSecond: number) {
  const { clock, advance, stall } = stallingClock();
  const time = new RunningTime(clock);
  const bucket = new TokenBucket(time, perSecond);
  const takeAll = (): number => {
    let count = 0;
    while (bucket.take()) count++;
    return count;
  };
  return { bucket, time, advance, stall, takeAll };
}

describe("a token bucket", () => {
  it("holds the tokens of one second, and refills evenly", () => {
    const { advance, takeAll } = bucketOf(100);
    expect(takeAll()).toBe(100);
    advance(10);
    expect(takeAll()).toBe(1);
    advance(500);
    expect(takeAll()).toBe(50);
    advance(60_000);
    expect(takeAll()).toBe(100);
  });

  it("does not refill while the event loop stands still: of 44 s it counts 50 ms", () => {
    const { advance, stall, takeAll } = bucketOf(300);
    takeAll();
    stall(44_000);
    expect(takeAll()).toBe(15);
    // Up to the next tick, those 50 ms were all.
    advance(1_025);
    expect(takeAll()).toBe(300);
  });

  it("gives no burst after a burst: what waits while each message holds up the loop is refused", () => {
    const { bucket, time, advance, stall } = bucketOf(300);
    let handled = 0;
    // 1 100 messages of one write, each in a turn of its own, and each takes 40 ms to handle.
    for (let count = 0; count < 1_100; count++) {
      const begin = time.now();
      if (bucket.take()) {
        handled++;
        stall(40);
      }
      bucket.skip(time.now() - begin);
      advance(0);
    }
    expect(handled).toBe(300);
  });

  it("is full a second after its last use, even if nothing has read the time since", () => {
    const { bucket, advance, stall } = bucketOf(10);
    while (bucket.take());
    advance(1_000);
    stall(1_000_000);
    advance(1_000_000);
    expect(bucket.isFull).toBe(true);
  });

  it("takes on a debt by spend, and pays it before it gives tokens again", () => {
    const { bucket, advance, takeAll } = bucketOf(100);
    bucket.spend(150);
    expect([bucket.debtMs, bucket.hasToken]).toEqual([500, false]);
    advance(500);
    expect([bucket.debtMs, bucket.hasToken]).toEqual([0, false]);
    advance(20);
    expect(takeAll()).toBe(2);
  });

  it("gives what its rate allows for the time in which the loop ran, and nothing for the rest", () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant("run" as const), ms: fc.nat(3_000) }),
      fc.record({ type: fc.constant("stall" as const), ms: fc.nat(100_000) }),
      fc.record({ type: fc.constant("take" as const), ms: fc.nat(60) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.array(step, { maxLength: 50, size: "max" }),
        (perSecond, steps) => {
          const { bucket, advance, stall } = bucketOf(perSecond);
          // The two models count no millisecond of a stall, and all that a stall may count.
          const [least, most] = [model(perSecond, -1e-9), model(perSecond, 1e-9)];
          /** How much of the running time may not count: a stall and what follows it, until the next tick, are one step. */
          let uncountedMs = 0;
          for (const { type, ms } of steps) {
            if (type === "run") {
              advance(ms);
              const lostMs = Math.min(ms, uncountedMs);
              uncountedMs -= lostMs;
              least.refill(ms - lostMs);
              most.refill(ms);
            } else if (type === "stall") {
              stall(ms);
              uncountedMs = 25;
              most.refill(Math.min(ms, 50));
            } else {
              for (let count = 0; count < ms; count++) {
                const isGiven = bucket.take();
                if (least.tokens >= 1) expect(isGiven).toBe(true);
                if (most.tokens < 1) expect(isGiven).toBe(false);
                if (!isGiven) continue;
                least.tokens = Math.max(0, least.tokens - 1);
                most.tokens--;
              }
            }
          }
        },
      ),
      { numRuns: PROPERTY_RUNS },
    );
  });
});

function model(perSecond: number, rounding: number) {
  return {
    tokens: perSecond,
    refill(ms: number) {
      this.tokens = Math.min(perSecond, this.tokens + (ms * perSecond) / 1_000 + rounding);
    },
  };
}
