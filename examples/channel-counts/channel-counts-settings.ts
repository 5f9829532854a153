import { readNumbers } from "../support/numeric-options.ts";

/** The options of `npm run example:channel-counts -- …`. */
export interface ChannelCountsSettings {
  readonly port: number;
  readonly leaveDelayMs: number;
  readonly diffWindowMs: number;
}

/** @throws {Error} that names the option, its value and the values that are allowed. */
export function readSettings(args: readonly string[]): ChannelCountsSettings {
  const numbers = readNumbers(args, {
    port: [4_100, 65_535],
    // Long enough for a reload on a phone, short enough that a closed page is soon no longer counted.
    "leave-delay": [2_000, 60_000],
    "diff-window": [100, 10_000],
  });
  return {
    port: numbers.port,
    leaveDelayMs: numbers["leave-delay"],
    diffWindowMs: numbers["diff-window"],
  };
}
