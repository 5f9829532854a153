import { readNumbers } from "../support/numeric-options.ts";

/** The options of `npm run example:chat-room -- …`. */
export interface ChatRoomSettings {
  readonly port: number;
  readonly leaveDelayMs: number;
}

/** @throws {Error} that names the option, its value and the values that are allowed. */
export function readSettings(args: readonly string[]): ChatRoomSettings {
  const numbers = readNumbers(args, {
    port: [4_200, 65_535],
    // Long enough for a reload on a phone, short enough that a user who closed the page is soon no longer shown.
    "leave-delay": [2_000, 60_000],
  });
  return { port: numbers.port, leaveDelayMs: numbers["leave-delay"] };
}
