import fc from "fast-check";
import type { PresenceDiff, PresenceState } from "../../src/client/index.ts";
import type { Meta } from "../../src/payload.ts";

/** One step of a script. Payloads are JSON text, so that each client parses its own copy. */
export type ScriptStep =
  | { readonly kind: "state" | "diff"; readonly payload: string }
  /** The channel is joined again. Its state may follow in a later step. */
  | { readonly kind: "rejoin" };

/** Few refs, so that scripts repeat them, also under other keys. */
const REFS = ["r1", "r2", "r3", "r4", "r5", "r6"];
/** Objects list integer keys first, whenever they were added. */
const KEYS = ["alice", "bob", "__proto__", "constructor", "10", "7"];
const KINDS = ["diff", "diff", "diff", "state", "rejoin"] as const;
const SIDES = ["none", "joins", "leaves", "none", "joins"] as const;

type Payload = { readonly [side in "joins" | "leaves"]: Record<string, { metas: Meta[]; user?: number }> };

/** Scripts of 50 steps: states, diffs and rejoins in any order, so that diffs also arrive before their states. */
export const messageScripts: fc.Arbitrary<ScriptStep[]> = fc.array(fc.noBias(fc.maxSafeNat()).map(stepOf), {
  minLength: 50,
  maxLength: 50,
  size: "max",
});

/** Derives all choices of a step from one number, because fast-check generates numbers much faster than records. */
function stepOf(seed: number): ScriptStep {
  const kind = pick(KINDS);
  if (kind === "rejoin") return { kind };
  const payload: Payload = { joins: Object.create(null), leaves: Object.create(null) };
  // A member that a projection adds, and sometimes an entry without metas.
  const user = pick([undefined, 1, 2]);
  if (pick([0, 0, 0, 0, 0, 0, 1]) === 1) entryIn("joins", pick(KEYS));
  for (const phx_ref of REFS) {
    const side = pick(SIDES);
    if (side !== "none") entryIn(side, pick(KEYS)).metas.push({ seats: pick([1, 2, 3]), phx_ref });
  }
  return { kind, payload: JSON.stringify(kind === "state" ? payload.joins : payload) };

  function pick<T>(choices: readonly T[]): T {
    const choice = choices[seed % choices.length]!;
    seed = Math.floor(seed / choices.length);
    return choice;
  }

  function entryIn(side: "joins" | "leaves", key: string): { metas: Meta[] } {
    payload[side][key] ??= { metas: [], ...(user && { user }) };
    return payload[side][key];
  }
}

/** Parses and deeply freezes a payload. */
export function parseFrozen<T extends PresenceState | PresenceDiff>(text: string): T {
  return JSON.parse(text, (_, value) => Object.freeze(value)) as T;
}
