import { readNumbers } from "../support/numeric-options.ts";

/** What `npm run example:channel-counts -- …` can say. */
export interface ChannelCountsSettings {
  readonly port: number;
  readonly leaveDelayMs: number;
  readonly diffWindowMs: number;
}

/** @throws {Error} that says what is wrong with what was given. */
export function readSettings(args: readonly string[]): ChannelCountsSettings {
  const numbers = readNumbers(args, {
    port: [4_100, 65_535],
    // Long enough for a reload on a phone, short enough that somebody who left is not counted for long.
    "leave-delay": [2_000, 60_000],
    "diff-window": [100, 10_000],
  });
  return {
    port: numbers.port,
    leaveDelayMs: numbers["leave-delay"],
    diffWindowMs: numbers["diff-window"],
  };
}
