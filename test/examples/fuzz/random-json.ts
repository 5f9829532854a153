import type { Dice } from "../../support/dice.ts";

/** Strings that programs mistake for something else. */
const strings: readonly string[] = [
  "",
  "alice",
  "lobby",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "length",
  "0",
  "-1",
  "null",
  "\u0000",
  "\ud800",
  "😀",
  "%E0%A4%A",
  "../..",
  "x".repeat(300),
  "x".repeat(5_000),
];

const numbers: readonly number[] = [0, -0, 1, -1, 0.5, 1e308, -1e-308, 2 ** 53, 2 ** 31, 300];

const members: readonly string[] = [
  "toString",
  "valueOf",
  "toJSON",
  "then",
  "length",
  "__proto__",
  "name",
  "typing",
  "text",
];

/** A random JSON value, mostly a small one, made of what handlers do not expect. */
export function randomJson(dice: Dice, depth = 0): unknown {
  const kind = dice.integer(0, depth > 4 ? 3 : 6);
  if (kind === 0) return dice.pick([null, true, false]);
  if (kind === 1) return dice.pick(numbers);
  if (kind <= 3) return dice.pick(strings);
  const size = dice.integer(0, 4);
  if (kind === 4) return Array.from({ length: size }, () => randomJson(dice, depth + 1));
  if (kind === 5) return nested(dice.integer(1, 2_000));
  const entries = Array.from({ length: size }, () => [
    dice.chance(0.7) ? dice.pick(members) : dice.pick(strings),
    randomJson(dice, depth + 1),
  ]);
  // Unlike an assignment, this also makes an own member of `__proto__`.
  return Object.fromEntries(entries);
}

function nested(depth: number): unknown {
  let value: unknown = {};
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}
