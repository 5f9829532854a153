import { type Channel, Presence, Socket } from "phoenix";
import { expect, onTestFinished } from "vitest";
import { waitUntil } from "../../../scripts/wait-until.ts";
import { type ManualClock, manualClock } from "../../../src/testing/manual-clock.ts";
import { bundledTraceLines } from "../trace-file.ts";
import type { ChannelTrace, ServerOutput, TraceFrame } from "./channel-trace.ts";
import { ExpectedFrames } from "./expected-frames.ts";
import { matchesFrame } from "./match-frames.ts";
import { racesOf } from "./races.ts";
import { readChannelTrace } from "./read-channel-trace.ts";
import { RefLabels } from "./ref-labels.ts";
import { createRoomServer, type RoomServer } from "./room-server.ts";
import { TrafficRecorder } from "./traffic-recorder.ts";

/** A call of one of the callbacks that a user of the client library registered. */
export interface ClientCallback {
  readonly conn: string;
  readonly what: string;
  readonly [detail: string]: unknown;
}

/** Repeats a recorded scenario with the official client and our server. */
export class OfficialClientReplay {
  readonly clock: ManualClock;
  readonly server: RoomServer;
  readonly trace: ChannelTrace;
  readonly recordedCallbacks: readonly ClientCallback[];
  readonly callbacks: ClientCallback[] = [];
  readonly #expected = new Map<string, ExpectedFrames>();
  readonly #recorders = new Map<string, TrafficRecorder>();
  readonly #refs = new RefLabels();

  /** `outcome` may turn the recorded frames into those of another outcome of a race. */
  static async open(
    scenario: string,
    outcome: (frames: readonly TraceFrame[]) => readonly TraceFrame[] = (frames) => frames,
  ): Promise<OfficialClientReplay> {
    const clock = manualClock();
    const server = await createRoomServer(clock);
    const replay = new OfficialClientReplay(scenario, outcome, server, clock);
    onTestFinished(async () => {
      const closed = server.close();
      clock.advance(10_000);
      await closed;
    });
    return replay;
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

  /** A socket of the library that is not connected yet. It disconnects when the test ends. */
  socket(conn: string, params: object = {}, options: object = {}): Socket {
    const recorder = new TrafficRecorder();
    const expected = this.trace.frames.flatMap((frame) => {
      return frame.conn === conn && frame.from === "server" ? [frame] : [];
    });
    const maySwap = racesOf(this.trace);
    this.#expected.set(conn, new ExpectedFrames(expected, recorder.received, maySwap, this.#refs));
    this.#recorders.set(conn, recorder);
    const socket = new Socket(`ws://127.0.0.1:${this.server.port}/socket`, {
      params,
      transport: recorder.transport() as never,
      reconnectAfterMs: () => 10,
      rejoinAfterMs: () => 10,
      ...options,
    });
    onTestFinished(() => socket.disconnect());
    return socket;
  }

  /** Disconnects the library for good, as the user did in the recording. */
  disconnect(conn: string, socket: Socket, callback?: () => void): void {
    this.#recorders.get(conn)!.sent.push({ kind: "close", code: undefined });
    socket.disconnect(callback);
  }

  /** Adds a call to `callbacks`. */
  record(conn: string, what: string, details: object = {}): void {
    this.callbacks.push(JSON.parse(JSON.stringify({ conn, what, ...details })));
  }

  /** Records the callbacks of a presence of the library. */
  followPresence(conn: string, channel: Channel): void {
    const presence = new Presence(channel);
    presence.onJoin((key, current, joined) =>
      this.record(conn, "presence.onJoin", { key, current: current ?? null, new: joined }),
    );
    presence.onLeave((key, current, left) => this.record(conn, "presence.onLeave", { key, current, left }));
    presence.onSync(() =>
      this.record(conn, "presence.onSync", { list: (presence as unknown as { state: object }).state }),
    );
  }

  /** Joins the channel and records the reply. */
  join(conn: string, channel: Channel): void {
    channel.join().receive("ok", (response) => this.record(conn, "join ok", { response }));
  }

  /** Sends a text frame without the knowledge of the library. */
  write(conn: string, text: string): void {
    this.#recorders.get(conn)!.write(text);
  }

  /** Waits until the server has sent all that was recorded up to this frame. */
  async waitForFrame(i: number): Promise<void> {
    await waitUntil(
      () => [...this.#expected.values()].every((each) => each.hasAllBefore(i + 1)),
      () =>
        `frame ${i}; received so far: ${JSON.stringify([...this.#recorders].map(([conn, { received }]) => [conn, received]))}`,
    );
  }

  /** Waits until the library has made as many calls as were recorded, or `fewer` less. */
  async waitForCallbacks(fewer = 0): Promise<void> {
    await waitUntil(
      () => this.callbacks.length >= this.recordedCallbacks.length - fewer,
      () => `${JSON.stringify(this.recordedCallbacks)}; called so far: ${JSON.stringify(this.callbacks)}`,
    );
  }

  /** Compares all sent frames, received frames and callbacks with the recorded ones. */
  compare(): void {
    for (const [conn, expected] of this.#expected) {
      expect(expected.difference()?.what).toBeUndefined();
      expect(expected.next).toBeUndefined();
      const sent = this.trace.frames.flatMap((frame) => {
        return frame.conn === conn && frame.from === "client" ? [frame.action] : [];
      });
      expect(this.#recorders.get(conn)!.sent.map(plain)).toEqual(sent.map(plain));
    }
    for (const conn of new Set(this.recordedCallbacks.map((callback) => callback.conn))) {
      for (const group of GROUPS) {
        const isInGroup = (callback: ClientCallback): boolean =>
          callback.conn === conn && groupOf(callback) === group;
        const recorded = inOrderOfKeys(this.recordedCallbacks.filter(isInGroup));
        const ours = inOrderOfKeys(this.callbacks.filter(isInGroup));
        const isSame =
          recorded.length === ours.length &&
          recorded.every((callback, index) =>
            matchesFrame(outputOf(callback), outputOf(ours[index]), this.#refs),
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

/** The bundled trace of a scenario that was recorded with the official client. */
export function officialTrace(scenario: string): {
  readonly json: OfficialJson;
  readonly trace: ChannelTrace;
} {
  const line = bundledTraceLines("channels").find((each) => each.includes(`"scenario":"${scenario}"`));
  const json = JSON.parse(line!) as OfficialJson;
  return { json, trace: readChannelTrace(json) };
}

export function outputOf(json: unknown): ServerOutput {
  return { kind: "text", json };
}

/**
 * Callbacks are ordered only within a group. An answer races with the diff that it is about, and the clock of the client
 * decides between which answers a timeout falls.
 */
const GROUPS = ["presence", "timeout", "answer"] as const;

function groupOf({ what }: ClientCallback): (typeof GROUPS)[number] {
  if (what.startsWith("presence.")) return "presence";
  return what.endsWith("timeout") ? "timeout" : "answer";
}

/** Sorts the joins of one message by key, and its leaves, because the order of keys in a message is free. */
function inOrderOfKeys(callbacks: readonly ClientCallback[]): ClientCallback[] {
  const sorted = [...callbacks];
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    while (end < sorted.length && sorted[end]!.what === sorted[start]!.what) end++;
    const calls = sorted.slice(start, end).sort((one, other) => keyOf(one).localeCompare(keyOf(other)));
    sorted.splice(start, calls.length, ...calls);
  }
  return sorted;
}

function keyOf({ key }: ClientCallback): string {
  return typeof key === "string" ? key : "";
}

/** A client action that can be compared. JSON text is parsed. */
function plain(action: { kind: string; text?: string; bytes?: Uint8Array }): unknown {
  if (action.bytes !== undefined) return Buffer.from(action.bytes).toString("base64");
  if (action.text === undefined) return action.kind;
  return action.text.startsWith("[") ? (JSON.parse(action.text) as unknown) : action.text;
}
