/** The topic that all clients join. */
export const ROOM = "room:lobby";

/** The key of all presences when clients get counts only. */
export const COUNT_KEY = "users";

export interface RoomOptions {
  /** Which server: our library, or the baseline of bare `ws`. */
  readonly by: "rollcall" | "bareWs";
  /** Whether clients get a count instead of the list. */
  readonly isCounted: boolean;
}

/** A message from the server process to its parent. */
export type ServerAnswer = { readonly port: number } | ServerUsage;

export interface ServerUsage {
  /** User and system time since the last request. */
  readonly cpuMs: number;
  /** Peak resident memory, including Node itself. */
  readonly memoryBytes: number;
}

/** A message from the parent: report the usage, or broadcast `count` messages, one every `everyMs`. */
export type ServerRequest =
  | { readonly ask: "usage" }
  | { readonly ask: "broadcast"; readonly count: number; readonly everyMs: number; readonly bytes: number };
