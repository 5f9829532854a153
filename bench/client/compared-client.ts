import { deepEqual } from "node:assert/strict";
import { type Channel, Presence } from "phoenix";
import { PresenceClient, type PresenceDiff, type PresenceState } from "../../src/client/index.ts";
import type { Effort } from "../subject.ts";

/** How many keys there are, and, where a target says so, how many times as fast we are to be. */
const SIZES: readonly { readonly keys: number; readonly times?: number }[] = [
  { keys: 1 },
  { keys: 100 },
  { keys: 10_000, times: 5 },
  { keys: 100_000 },
];

/** Those no larger than the largest state that is asked for. */
export function sizesUpTo({ sizes }: Effort): typeof SIZES {
  return SIZES.filter(({ keys }) => keys <= sizes.at(-1)!);
}

/** Of a large state three turns of each client take as long as nine of a small one. */
export function turnsForSize(keys: number): number {
  return keys > 10_000 ? 3 : 9;
}

/** A client with what feeds it. The official one changes what it is given: each gets payloads of its own. */
export interface ComparedClient {
  readonly state: (payload: PresenceState) => void;
  readonly diff: (payload: PresenceDiff) => void;
  readonly read: () => PresenceState;
}

/** The official client. */
export function officialClient(): ComparedClient {
  const callbacks: ((payload: unknown) => void)[] = [];
  const channel = { on: (_: string, callback: () => void) => callbacks.push(callback), joinRef: () => "1" };
  const presence = new Presence(channel as unknown as Channel);
  const [state, diff] = callbacks as [ComparedClient["state"], ComparedClient["diff"]];
  return { state, diff, read: () => (presence as unknown as { state: PresenceState }).state };
}

/** Ours. */
export function ourClient(): ComparedClient {
  const client = new PresenceClient();
  return {
    state: (payload) => client.receive({ event: "presence_state", payload }),
    diff: (payload) => client.receive({ event: "presence_diff", payload }),
    read: () => client.state,
  };
}

/** Two clients hold the same. */
export function assertSame(one: ComparedClient, other: ComparedClient): void {
  deepEqual(Object.entries(one.read()), Object.entries(other.read()));
}

/** Strings as they come in a message: flat, and equal to none that was looked up before. */
export function copyAsParsed<T extends object>(payload: T): T {
  return JSON.parse(JSON.stringify(payload)) as T;
}

/** A presence as the server tells of it. */
export function metaNumber(number: number): { name: string; phx_ref: string } {
  return { name: `user${number}`, phx_ref: `mPvDQXv2qX1K.${number}` };
}

/** A key of 21 characters, as a user's id. */
export function keyOf(number: number): string {
  return `V1StGXR8_Z5jd${number.toString(36).padStart(8, "0")}`;
}

/** That many keys, with one presence each. */
export function stateOf(size: number): PresenceState {
  const numbers = Array.from({ length: size }, (_, number) => number);
  return Object.fromEntries(numbers.map((number) => [keyOf(number), { metas: [metaNumber(number)] }]));
}
