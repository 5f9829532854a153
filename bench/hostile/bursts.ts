import { ROOM } from "./room-process.ts";

/** The frames that the hostile client sends in one TCP write. */
export interface Burst {
  readonly work: string;
  /** How many presences the room has besides its clients. */
  readonly crowd: number;
  /** How many clients of the room read along. */
  readonly members: number;
  readonly messages: readonly string[];
}

/** Changes of the meta: each concerns every member. */
export function updates(count: number): Burst {
  const messages = Array.from({ length: count }, (_, n) => message(`u${n}`, "update", { n }));
  return { work: `${count} updates in a room of 500`, crowd: 0, members: 500, messages };
}

/** Joins of a client that is in the room: each wants the whole state. */
export function rejoins(count: number): Burst {
  const messages = Array.from({ length: count }, (_, n) =>
    JSON.stringify([`${n}`, `${n}`, ROOM, "phx_join", {}]),
  );
  return { work: `${count} joins in a room of 20 000`, crowd: 19_950, members: 50, messages };
}

/** A message as large as the endpoint allows, with one emoji that is escaped, and many small values. */
export function emoji(): Burst {
  const values = Array(31_000).fill(1);
  const text = message("e1", "hello", { values, face: "FACE" }).replace("FACE", "\\ud83d\\ude00");
  return { work: "a frame of 62 kB with an escaped emoji", crowd: 0, members: 50, messages: [text] };
}

function message(ref: string, event: string, payload: object): string {
  return JSON.stringify(["1", ref, ROOM, event, payload]);
}

/** All frames of a burst as one buffer. Their masks are all zeros, so the texts are unchanged. */
export function packetOf(messages: readonly string[]): Buffer {
  return Buffer.concat(messages.flatMap((text) => [headerOf(Buffer.byteLength(text)), Buffer.from(text)]));
}

function headerOf(length: number): Buffer {
  if (length < 126) return Buffer.from([0x81, 0x80 | length, 0, 0, 0, 0]);
  const header = Buffer.from([0x81, 0x80 | 126, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16BE(length, 2);
  return header;
}
