import { describe, expect, it } from "vitest";
import type { Numbers } from "../support/replicate-modes.ts";
import { audit, MAX_AGREEMENT_MS, type ShownByAll } from "./audit.ts";

const SETTLE_MS = 40_000;
const EXPECTED = { "film viewers": 2, "film users": 1 };

/** Audits a cluster in virtual time, and returns the result with the time that has passed. */
async function auditAt(show: (now: number) => ShownByAll, leaveDelayMs = 0) {
  let now = 1_000;
  const cluster = { expected: () => EXPECTED, show: async () => show(now) };
  const pause = async (ms: number): Promise<void> => {
    now += ms;
  };
  const result = await audit(cluster, { settleMs: SETTLE_MS, leaveDelayMs }, { now: () => now, pause });
  return { ...result, passedMs: now - 1_000 };
}

function shownAt(numbers: Numbers, ...others: readonly Numbers[]): ShownByAll {
  return { numbers: [numbers, ...others], allHearSince: undefined };
}

describe("an audit", () => {
  it("ends as soon as all nodes show the expected numbers", async () => {
    const { passedMs, ...result } = await auditAt((now) =>
      shownAt(EXPECTED, now < 3_000 ? { "film users": 1 } : EXPECTED),
    );
    expect(result).toEqual({ ghosts: 0, losses: 0, durationMs: 2_000, hearingMs: 0 });
    expect(passedMs).toBe(2_000);
  });

  it("adds up what each node shows too much and too little", async () => {
    const result = await auditAt(() =>
      shownAt({ "film viewers": 4, "film users": -1 }, { ...EXPECTED, "film crew": 1 }, {}),
    );
    expect(result).toMatchObject({ ghosts: 3, losses: 5 });
  });

  it("takes surplus and missing presences of different nodes and places for errors", async () => {
    const result = await auditAt(() =>
      shownAt({ "film viewers": 3, "film users": 0 }, { "film viewers": 1, "film users": 2 }),
    );
    expect(result).toMatchObject({ ghosts: 2, losses: 2 });
  });

  it("gives nodes that hear each other the documented bound, and not the time to settle", async () => {
    const late = (hearsSince: number, rightAt: number, leaveDelayMs?: number) =>
      auditAt(
        (now) => ({
          numbers: [now < rightAt ? { ...EXPECTED, "film ghosts": 1 } : EXPECTED],
          allHearSince: now < hearsSince ? undefined : hearsSince,
        }),
        leaveDelayMs,
      );
    const inTime = await late(5_000, 5_000 + MAX_AGREEMENT_MS);
    expect(inTime).toMatchObject({ ghosts: 0, hearingMs: MAX_AGREEMENT_MS });
    const tooLate = await late(5_000, 5_000 + MAX_AGREEMENT_MS + 100);
    expect(tooLate).toMatchObject({ ghosts: 1, losses: 0 });
    expect(tooLate.passedMs).toBeLessThan(SETTLE_MS / 2);
    const lingering = await late(5_000, 5_000 + MAX_AGREEMENT_MS + 100, 100);
    expect(lingering).toMatchObject({ ghosts: 0, losses: 0 });
  });

  it("counts no time before it began", async () => {
    const result = await auditAt((now) => ({
      numbers: [now < 1_000 + MAX_AGREEMENT_MS ? {} : EXPECTED],
      allHearSince: 0,
    }));
    expect(result).toMatchObject({ losses: 0, hearingMs: MAX_AGREEMENT_MS });
  });

  it("starts over when nodes stop to hear each other, and gives up after the time to settle", async () => {
    const result = await auditAt((now) => ({ numbers: [{}], allHearSince: now - 1_000 }));
    expect(result).toMatchObject({ losses: 3, passedMs: SETTLE_MS + 50 });
  });
});
