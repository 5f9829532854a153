import { readNumbers } from "../support/numeric-options.ts";

/** What `npm run example:chat-room -- …` can say. */
export interface ChatRoomSettings {
  readonly port: number;
  readonly leaveDelayMs: number;
}

/** @throws {Error} that says what is wrong with what was given. */
export function readSettings(args: readonly string[]): ChatRoomSettings {
  const numbers = readNumbers(args, {
    port: [4_200, 65_535],
    // Long enough for a reload on a phone, short enough that somebody who left is not shown for long.
    "leave-delay": [2_000, 60_000],
  });
  return { port: numbers.port, leaveDelayMs: numbers["leave-delay"] };
}
