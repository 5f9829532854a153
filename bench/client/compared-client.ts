import { deepEqual } from "node:assert/strict";
import { type Channel, Presence } from "phoenix";
import { PresenceClient, type PresenceDiff, type PresenceState } from "../../src/client/index.ts";
import type { Effort } from "../subject.ts";

/** Sizes in keys, and the target at that size: how many times as fast as the official client ours must be. */
const SIZES: readonly { readonly keys: number; readonly times?: number }[] = [
  { keys: 1 },
  { keys: 100 },
  { keys: 10_000, times: 5 },
  { keys: 100_000 },
];

/** The sizes up to the largest of the effort. */
export function sizesUpTo({ sizes }: Effort): typeof SIZES {
  return SIZES.filter(({ keys }) => keys <= sizes.at(-1)!);
}

/** Turns per run: fewer for a large state, which takes longer. */
export function turnsForSize(keys: number): number {
  return keys > 10_000 ? 3 : 9;
}

/** A client and its inputs. The official client modifies its payloads, so each client needs its own copies. */
export interface ComparedClient {
  readonly state: (payload: PresenceState) => void;
  readonly diff: (payload: PresenceDiff) => void;
  readonly read: () => PresenceState;
}

/** The client of the phoenix package. */
export function officialClient(): ComparedClient {
  const callbacks: ((payload: unknown) => void)[] = [];
  const channel = { on: (_: string, callback: () => void) => callbacks.push(callback), joinRef: () => "1" };
  const presence = new Presence(channel as unknown as Channel);
  const [state, diff] = callbacks as [ComparedClient["state"], ComparedClient["diff"]];
  return { state, diff, read: () => (presence as unknown as { state: PresenceState }).state };
}

/** The client of rollcall. */
export function ourClient(): ComparedClient {
  const client = new PresenceClient();
  return {
    state: (payload) => client.receive({ event: "presence_state", payload }),
    diff: (payload) => client.receive({ event: "presence_diff", payload }),
    read: () => client.state,
  };
}

/** Throws unless both clients have the same state, order included. */
export function assertSameState(one: ComparedClient, other: ComparedClient): void {
  deepEqual(Object.entries(one.read()), Object.entries(other.read()));
}

/** A copy with fresh, flat strings, as `JSON.parse` makes them from a message. */
export function copyAsParsed<T extends object>(payload: T): T {
  return JSON.parse(JSON.stringify(payload)) as T;
}

/** A meta as the server sends it. */
export function metaNumber(number: number): { name: string; phx_ref: string } {
  return { name: `user${number}`, phx_ref: `mPvDQXv2qX1K.${number}` };
}

/** A key of 21 characters, as long as a typical user id. */
export function keyOf(number: number): string {
  return `V1StGXR8_Z5jd${number.toString(36).padStart(8, "0")}`;
}

/** A state with `size` keys, one presence each. */
export function stateOf(size: number): PresenceState {
  const numbers = Array.from({ length: size }, (_, number) => number);
  return Object.fromEntries(numbers.map((number) => [keyOf(number), { metas: [metaNumber(number)] }]));
}
