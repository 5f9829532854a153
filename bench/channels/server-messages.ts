/** The topic that everybody joins. */
export const ROOM = "room:lobby";

/** The key under which all stand where they are only counted. */
export const COUNT_KEY = "users";

export interface RoomOptions {
  /** Who serves it: our library, or the least that can be done with bare `ws`. */
  readonly by: "ours" | "limit";
  /** Whether clients get a number in place of the list. */
  readonly isCounted: boolean;
}

/** What a server tells the process that started it. */
export type ServerAnswer = { readonly port: number } | ServerUsage;

export interface ServerUsage {
  /** Of user and system, since the server was asked last. */
  readonly cpuMs: number;
  /** The most that was resident at any time, Node itself included. */
  readonly memoryBytes: number;
}

/** What it is asked: what it took so far, or to broadcast so many messages, one each `everyMs`. */
export type ServerRequest =
  | { readonly ask: "usage" }
  | { readonly ask: "broadcast"; readonly count: number; readonly everyMs: number; readonly bytes: number };
