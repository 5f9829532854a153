import { type Channel, Presence, Socket } from "phoenix";
import { expect, onTestFinished } from "vitest";
import { waitUntil } from "../../../scripts/wait-until.ts";
import { type ManualClock, manualClock } from "../../../src/testing/manual-clock.ts";
import { bundledTraceLines } from "../bundled-traces.ts";
import type { ChannelTrace, ServerOutput, TraceFrame } from "./channel-trace.ts";
import { ExpectedFrames } from "./expected-frames.ts";
import { matchesFrame } from "./match-frames.ts";
import { racesOf } from "./races.ts";
import { readChannelTrace } from "./read-channel-trace.ts";
import { RefLabels } from "./ref-labels.ts";
import { createRoomServer, type RoomServer } from "./room-server.ts";
import { TrafficRecorder } from "./traffic-recorder.ts";

/** Something that the library told its user. */
export interface ClientCallback {
  readonly conn: string;
  readonly what: string;
  readonly [detail: string]: unknown;
}

/** Where a recorded scenario is played again: by the official client, against our server. */
export class OfficialClientReplay {
  readonly clock: ManualClock;
  readonly server: RoomServer;
  readonly trace: ChannelTrace;
  readonly recordedCallbacks: readonly ClientCallback[];
  readonly callbacks: ClientCallback[] = [];
  readonly #conversations = new Map<string, ExpectedFrames>();
  readonly #taps = new Map<string, TrafficRecorder>();
  readonly #refs = new RefLabels();

  /** `outcome` makes of the recorded frames those of another outcome of a race. */
  static async open(
    scenario: string,
    outcome: (frames: readonly TraceFrame[]) => readonly TraceFrame[] = (frames) => frames,
  ): Promise<OfficialClientReplay> {
    const clock = manualClock();
    const server = await createRoomServer(clock);
    const stage = new OfficialClientReplay(scenario, outcome, server, clock);
    onTestFinished(async () => {
      const closed = server.close();
      clock.advance(10_000);
      await closed;
    });
    return stage;
  }

  constructor(
    scenario: string,
    outcome: (frames: readonly TraceFrame[]) => readonly TraceFrame[],
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
    const tap = new TrafficRecorder();
    const expected = this.trace.frames.flatMap((frame) => {
      return frame.conn === conn && frame.from === "server" ? [frame] : [];
    });
    const maySwap = racesOf(this.trace);
    this.#conversations.set(conn, new ExpectedFrames(expected, tap.received, maySwap, this.#refs));
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
    this.#taps.get(conn)!.sent.push({ kind: "close", code: undefined });
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
    await waitUntil(
      () => [...this.#conversations.values()].every((each) => each.hasAllBefore(i + 1)),
      () =>
        `frame ${i}; there is ${JSON.stringify([...this.#taps].map(([conn, tap]) => [conn, tap.received]))}`,
    );
  }

  /** Waits until the library has told as much as was recorded, but for these many. */
  async told(but = 0): Promise<void> {
    await waitUntil(
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
        return frame.conn === conn && frame.from === "client" ? [frame.action] : [];
      });
      expect(this.#taps.get(conn)!.sent.map(plain)).toEqual(sent.map(plain));
    }
    for (const conn of new Set(this.recordedCallbacks.map((callback) => callback.conn))) {
      for (const lane of LANES) {
        const ofIt = (callback: ClientCallback): boolean =>
          callback.conn === conn && laneOf(callback) === lane;
        const recorded = inOrderOfKeys(this.recordedCallbacks.filter(ofIt));
        const ours = inOrderOfKeys(this.callbacks.filter(ofIt));
        const isSame =
          recorded.length === ours.length &&
          recorded.every((callback, index) =>
            matchesFrame(wordOf(callback), wordOf(ours[index]), this.#refs),
          );
        if (!isSame) expect(ours).toEqual(recorded);
      }
    }
    expect(this.callbacks).toHaveLength(this.recordedCallbacks.length);
  }
}

interface OfficialJson {
  readonly callbacks: readonly (ClientCallback & { readonly after_frame: number })[];
}

/** The carried trace of a scenario that the official client drove. */
export function officialTrace(scenario: string): {
  readonly json: OfficialJson;
  readonly trace: ChannelTrace;
} {
  const line = bundledTraceLines("channels").find((each) => each.includes(`"scenario":"${scenario}"`));
  const json = JSON.parse(line!) as OfficialJson;
  return { json, trace: readChannelTrace(json) };
}

export function wordOf(json: unknown): ServerOutput {
  return { kind: "text", json };
}

/**
 * What the library tells in an order of its own each: an answer and the diff it is about race, and which timeout falls between
 * which answers is up to the client's clock.
 */
const LANES = ["presence", "timeout", "answer"] as const;

function laneOf({ what }: ClientCallback): (typeof LANES)[number] {
  if (what.startsWith("presence.")) return "presence";
  return what.endsWith("timeout") ? "timeout" : "answer";
}

/** The joins, or the leaves, of one message are told in the order of its keys, which is free. */
function inOrderOfKeys(callbacks: readonly ClientCallback[]): ClientCallback[] {
  const sorted = [...callbacks];
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    while (end < sorted.length && sorted[end]!.what === sorted[start]!.what) end++;
    const run = sorted.slice(start, end).sort((one, other) => keyOf(one).localeCompare(keyOf(other)));
    sorted.splice(start, run.length, ...run);
  }
  return sorted;
}

function keyOf({ key }: ClientCallback): string {
  return typeof key === "string" ? key : "";
}

/** Messages of clients: as parsed JSON, where they are any. */
function plain(action: { kind: string; text?: string; bytes?: Uint8Array }): unknown {
  if (action.bytes !== undefined) return Buffer.from(action.bytes).toString("base64");
  if (action.text === undefined) return action.kind;
  return action.text.startsWith("[") ? (JSON.parse(action.text) as unknown) : action.text;
}
