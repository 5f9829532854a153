import { type Channel, Presence, Socket } from "phoenix";
import { expect, onTestFinished } from "vitest";
import { until } from "../../../scripts/wait-until.ts";
import { type ManualClock, manualClock } from "../../../src/testing/manual-clock.ts";
import { linesOf } from "../bundled-traces.ts";
import type { ChannelTrace, Frame, ServerWord } from "./channel-trace.ts";
import { Conversation } from "./expected-frames.ts";
import { matches } from "./match-frames.ts";
import { racesOf } from "./races.ts";
import { readChannelTrace } from "./read-channel-trace.ts";
import { Refs } from "./ref-labels.ts";
import { createRoomServer, type RoomServer } from "./room-server.ts";
import { Tap } from "./traffic-recorder.ts";

/** Something that the library told its user. */
export interface Callback {
  readonly conn: string;
  readonly what: string;
  readonly [detail: string]: unknown;
}

/** Where a recorded scenario is played again: by the official client, against our server. */
export class OfficialStage {
  readonly clock: ManualClock;
  readonly server: RoomServer;
  readonly trace: ChannelTrace;
  readonly recordedCallbacks: readonly Callback[];
  readonly callbacks: Callback[] = [];
  readonly #conversations = new Map<string, Conversation>();
  readonly #taps = new Map<string, Tap>();
  readonly #refs = new Refs();

  /** `outcome` makes of the recorded frames those of another outcome of a race. */
  static async open(
    scenario: string,
    outcome: (frames: readonly Frame[]) => readonly Frame[] = (frames) => frames,
  ): Promise<OfficialStage> {
    const clock = manualClock();
    const server = await createRoomServer(clock);
    const stage = new OfficialStage(scenario, outcome, server, clock);
    onTestFinished(async () => {
      const closed = server.close();
      clock.advance(10_000);
      await closed;
    });
    return stage;
  }

  constructor(
    scenario: string,
    outcome: (frames: readonly Frame[]) => readonly Frame[],
    server: RoomServer,
    clock: ManualClock,
  ) {
    const { json, trace } = officialTrace(scenario);
    this.clock = clock;
    this.server = server;
    this.trace = { ...trace, frames: outcome(trace.frames) };
    this.recordedCallbacks = json.callbacks.map(({ after_frame, ...callback }) => callback);
  }

  /** A socket of the library, which has yet to connect; it ends with the test. */
  socket(conn: string, params: object = {}, options: object = {}): Socket {
    const tap = new Tap();
    const expected = this.trace.frames.flatMap((frame) => {
      return frame.conn === conn && frame.from === "server" ? [frame] : [];
    });
    const maySwap = racesOf(this.trace);
    this.#conversations.set(conn, new Conversation(expected, tap.heard, maySwap, this.#refs));
    this.#taps.set(conn, tap);
    const socket = new Socket(`ws://127.0.0.1:${this.server.port}/socket`, {
      params,
      transport: tap.transport() as never,
      reconnectAfterMs: () => 10,
      rejoinAfterMs: () => 10,
      ...options,
    });
    onTestFinished(() => socket.disconnect());
    return socket;
  }

  /** Has the library close its connection for good, as the user did then. */
  disconnect(conn: string, socket: Socket, callback?: () => void): void {
    this.#taps.get(conn)!.done.push({ kind: "close", code: undefined });
    socket.disconnect(callback);
  }

  tell(conn: string, what: string, details: object = {}): void {
    this.callbacks.push(JSON.parse(JSON.stringify({ conn, what, ...details })));
  }

  /** Has what the library's presence of a channel calls told; its exceptions too. */
  followPresence(conn: string, channel: Channel): void {
    const presence = new Presence(channel);
    presence.onJoin((key, current, joined) =>
      this.tell(conn, "presence.onJoin", { key, current: current ?? null, new: joined }),
    );
    presence.onLeave((key, current, left) => this.tell(conn, "presence.onLeave", { key, current, left }));
    presence.onSync(() =>
      this.tell(conn, "presence.onSync", { list: (presence as unknown as { state: object }).state }),
    );
  }

  /** Joins, and has the reply told. */
  join(conn: string, channel: Channel): void {
    channel.join().receive("ok", (response) => this.tell(conn, "join ok", { response }));
  }

  /** Writes under the library. */
  write(conn: string, text: string): void {
    this.#taps.get(conn)!.write(text);
  }

  /** Waits until what was recorded up to this frame has come. */
  async arrived(i: number): Promise<void> {
    await until(
      () => [...this.#conversations.values()].every((each) => each.hasAllBefore(i + 1)),
      () => `frame ${i}; there is ${JSON.stringify([...this.#taps].map(([conn, tap]) => [conn, tap.heard]))}`,
    );
  }

  /** Waits until the library has told as much as was recorded, but for these many. */
  async told(but = 0): Promise<void> {
    await until(
      () => this.callbacks.length >= this.recordedCallbacks.length - but,
      () => `${JSON.stringify(this.recordedCallbacks)}; there is ${JSON.stringify(this.callbacks)}`,
    );
  }

  /** Compares all that was sent, heard and told with what was recorded. */
  compare(): void {
    for (const [conn, conversation] of this.#conversations) {
      expect(conversation.difference()?.what).toBeUndefined();
      expect(conversation.next).toBeUndefined();
      const sent = this.trace.frames.flatMap((frame) => {
        return frame.conn === conn && frame.from === "client" ? [frame.does] : [];
      });
      expect(this.#taps.get(conn)!.done.map(plain)).toEqual(sent.map(plain));
    }
    for (const conn of new Set(this.recordedCallbacks.map((callback) => callback.conn))) {
      for (const lane of LANES) {
        const ofIt = (callback: Callback): boolean => callback.conn === conn && laneOf(callback) === lane;
        const recorded = inOrderOfKeys(this.recordedCallbacks.filter(ofIt));
        const ours = inOrderOfKeys(this.callbacks.filter(ofIt));
        const isSame =
          recorded.length === ours.length &&
          recorded.every((callback, index) => matches(wordOf(callback), wordOf(ours[index]), this.#refs));
        if (!isSame) expect(ours).toEqual(recorded);
      }
    }
    expect(this.callbacks).toHaveLength(this.recordedCallbacks.length);
  }
}

interface OfficialJson {
  readonly callbacks: readonly (Callback & { readonly after_frame: number })[];
}

/** The carried trace of a scenario that the official client drove. */
export function officialTrace(scenario: string): {
  readonly json: OfficialJson;
  readonly trace: ChannelTrace;
} {
  const line = linesOf("channels").find((each) => each.includes(`"scenario":"${scenario}"`));
  const json = JSON.parse(line!) as OfficialJson;
  return { json, trace: readChannelTrace(json) };
}

export function wordOf(json: unknown): ServerWord {
  return { kind: "text", json };
}

/**
 * What the library tells in an order of its own each: an answer and the diff it is about race, and which timeout falls between
 * which answers is up to the client's clock.
 */
const LANES = ["presence", "timeout", "answer"] as const;

function laneOf({ what }: Callback): (typeof LANES)[number] {
  if (what.startsWith("presence.")) return "presence";
  return what.endsWith("timeout") ? "timeout" : "answer";
}

/** The joins, or the leaves, of one message are told in the order of its keys, which is free. */
function inOrderOfKeys(callbacks: readonly Callback[]): Callback[] {
  const sorted = [...callbacks];
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    while (end < sorted.length && sorted[end]!.what === sorted[start]!.what) end++;
    const run = sorted.slice(start, end).sort((one, other) => keyOf(one).localeCompare(keyOf(other)));
    sorted.splice(start, run.length, ...run);
  }
  return sorted;
}

function keyOf({ key }: Callback): string {
  return typeof key === "string" ? key : "";
}

/** Messages of clients: as parsed JSON, where they are any. */
function plain(action: { kind: string; text?: string; bytes?: Uint8Array }): unknown {
  if (action.bytes !== undefined) return Buffer.from(action.bytes).toString("base64");
  if (action.text === undefined) return action.kind;
  return action.text.startsWith("[") ? (JSON.parse(action.text) as unknown) : action.text;
}
