import type { Bound, Figure } from "./figure.ts";

/** A whole number in groups of three digits: `100 000`. */
export function grouped(number: number): string {
  return number.toLocaleString("en-US", { maximumFractionDigits: 0 }).replaceAll(",", " ");
}

/** A number with three significant digits, and at most three decimals. */
export function rounded(number: number): string {
  if (number < 0) return `-${rounded(-number)}`;
  if (number >= 1_000) return grouped(number);
  if (number >= 100) return number.toFixed(0);
  if (number >= 10) return number.toFixed(1);
  return number.toFixed(number >= 1 ? 2 : 3);
}

/** A bound as text: `≤ 30.0 ms`. */
export function boundText(bound: Bound, unit: Figure["unit"]): string {
  return "atMost" in bound ? `≤ ${rounded(bound.atMost)} ${unit}` : `≥ ${rounded(bound.atLeast)} ${unit}`;
}
