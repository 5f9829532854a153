import fc from "fast-check";
import type { PresenceDiff, PresenceState } from "../../src/client/index.ts";
import type { Meta } from "../../src/payload.ts";

/** What a client goes through. Payloads are JSON text, so that each client gets its own. */
export type ScriptStep =
  | { readonly kind: "state" | "diff"; readonly payload: string }
  /** The channel is joined anew; its state comes later, if at all. */
  | { readonly kind: "rejoin" };

/** So few that they come again and again, also under another key. */
const REFS = ["r1", "r2", "r3", "r4", "r5", "r6"];
/** Numbers stand first in an object, however late they come. */
const KEYS = ["alice", "bob", "__proto__", "constructor", "10", "7"];
const KINDS = ["diff", "diff", "diff", "state", "rejoin"] as const;
const SIDES = ["none", "joins", "leaves", "none", "joins"] as const;

type Payload = { readonly [side in "joins" | "leaves"]: Record<string, { metas: Meta[]; user?: number }> };

/** 50 steps: states, diffs and joins of the channel in any order, so that diffs come before their states too. */
export const messageScripts: fc.Arbitrary<ScriptStep[]> = fc.array(fc.noBias(fc.maxSafeNat()).map(stepOf), {
  minLength: 50,
  maxLength: 50,
  size: "max",
});

/** A step is one number, and each choice takes its part of it: as fast-check makes numbers much faster than records. */
function stepOf(dice: number): ScriptStep {
  const kind = pick(KINDS);
  if (kind === "rejoin") return { kind };
  const payload: Payload = { joins: Object.create(null), leaves: Object.create(null) };
  // What a projection adds to entries, and, now and then, an entry that it left without metas.
  const user = pick([undefined, 1, 2]);
  if (pick([0, 0, 0, 0, 0, 0, 1]) === 1) entryIn("joins", pick(KEYS));
  for (const phx_ref of REFS) {
    const side = pick(SIDES);
    if (side !== "none") entryIn(side, pick(KEYS)).metas.push({ seats: pick([1, 2, 3]), phx_ref });
  }
  return { kind, payload: JSON.stringify(kind === "state" ? payload.joins : payload) };

  function pick<T>(choices: readonly T[]): T {
    const choice = choices[dice % choices.length]!;
    dice = Math.floor(dice / choices.length);
    return choice;
  }

  function entryIn(side: "joins" | "leaves", key: string): { metas: Meta[] } {
    payload[side][key] ??= { metas: [], ...(user && { user }) };
    return payload[side][key];
  }
}

/** Parsed and frozen to the ground. */
export function frozen<T extends PresenceState | PresenceDiff>(text: string): T {
  return JSON.parse(text, (_, value) => Object.freeze(value)) as T;
}
