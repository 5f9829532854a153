import { parseArgs } from "node:util";

/** What `npm run example:channel-counts -- …` can say. */
export interface Settings {
  readonly port: number;
  readonly leaveDelayMs: number;
  readonly diffWindowMs: number;
}

/** @throws {Error} that says what is wrong with what was given. */
export function readSettings(args: readonly string[]): Settings {
  const option = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { port: option, "leave-delay": option, "diff-window": option },
  });
  const number = (name: keyof typeof values, standard: number, most: number) => {
    const given = values[name];
    if (given === undefined) return standard;
    if (/^\d+$/.test(given) && Number(given) <= most) return Number(given);
    throw new Error(`--${name} is "${given}"; it takes a whole number from 0 to ${most}.`);
  };
  return {
    port: number("port", 4_100, 65_535),
    // Long enough for a reload on a phone, short enough that somebody who left is not counted for long.
    leaveDelayMs: number("leave-delay", 2_000, 60_000),
    diffWindowMs: number("diff-window", 100, 10_000),
  };
}
