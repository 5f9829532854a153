import { manualClock } from "../../../src/testing/manual-clock.ts";
import type { Difference } from "../difference.ts";
import { MalformedTraceError } from "../json-readers.ts";
import type { ChannelTrace, TraceFrame } from "./channel-trace.ts";
import { ExpectedFrames } from "./expected-frames.ts";
import { serverFramesOf } from "./idle-close.ts";
import { frameText } from "./match-frames.ts";
import { racesOf } from "./races.ts";
import { RawConnection } from "./raw-connection.ts";
import { RefLabels } from "./ref-labels.ts";
import { createRoomServer, type RoomServer } from "./room-server.ts";
import { waitUntilIdle } from "./wait-until-idle.ts";

/**
 * Replays a trace up to the first frame that differs, and returns that difference, or none if the trace passes. A trace
 * without the check `exact` is not replayed and gives `undefined`: its frames are not enough, or show one of several
 * outcomes.
 */
export async function verifyChannelTrace(trace: ChannelTrace): Promise<Difference[] | undefined> {
  if (!trace.check.includes("exact")) return undefined;
  const difference = await replayChannelTrace(trace);
  if (difference === undefined) return [];
  const { frame, conn, what } = difference;
  const at = frame === undefined ? `after the last frame of ${conn}` : `frame ${frame.i} of ${conn}`;
  return [{ check: "exact", at, what: `our server differs${what}` }];
}

/** A frame that differs from the recorded one. Without `frame`, our server sent one that was not recorded. */
export interface FrameDifference {
  readonly frame: { readonly i: number } | undefined;
  readonly conn: string;
  readonly what: string;
}

/** The parts of a scenario that its frames do not contain. */
export interface ReplayContext {
  /** The Origin header of a connection, by its name. */
  readonly origins?: { readonly [conn: string]: string };
  /** Actions by frame number. Each runs when all frames before that number have come. */
  readonly beforeFrame?: {
    readonly [i: number]: (server: RoomServer, connection: (name: string) => RawConnection) => unknown;
  };
}

/** Replays the clients of a trace against our server, up to the first frame that differs. */
export async function replayChannelTrace(
  trace: ChannelTrace,
  context: ReplayContext = {},
): Promise<FrameDifference | undefined> {
  const clock = manualClock();
  const server = await createRoomServer(clock);
  const replay = new ChannelReplay(trace, context, server, (ms) => clock.advance(ms));
  try {
    return await replay.run();
  } finally {
    replay.end();
    const closed = server.close();
    clock.advance(10_000);
    await closed;
  }
}

/** The time that the server may take for a frame, on its own clock. Longer than any delay or idle timeout of a trace. */
const FRAME_TIMEOUT_MS = 10_000;
/** Shorter than any delay of the server. */
const STEP_MS = 20;
/** The wait for extra frames at the end. Longer than the late reply of the server, shorter than its idle timeout. */
const EXTRA_FRAMES_MS = 1_000;

class ChannelReplay {
  readonly #frames: readonly TraceFrame[];
  readonly #actions: (readonly [i: number, act: () => unknown])[];
  readonly #advance: (ms: number) => void;
  readonly #connections: ReadonlyMap<string, RawConnection>;
  readonly #expected: ReadonlyMap<string, ExpectedFrames>;

  constructor(
    trace: ChannelTrace,
    { beforeFrame = {}, origins = {} }: ReplayContext,
    server: RoomServer,
    advance: (ms: number) => void,
  ) {
    const [refs, maySwap] = [new RefLabels(), racesOf(trace)];
    const names = [...trace.connections];
    this.#frames = trace.frames;
    this.#actions = Object.entries(beforeFrame).map(([i, act]) => [
      Number(i),
      () => act(server, (name) => this.#connections.get(name)!),
    ]);
    this.#advance = advance;
    this.#connections = new Map(
      names.map(([name, path]) => [name, new RawConnection(name, path, server, origins[name])]),
    );
    this.#expected = new Map(
      names.map(([name]) => {
        const frames = serverFramesOf(trace, name);
        return [name, new ExpectedFrames(frames, this.#connections.get(name)!.received, maySwap, refs)];
      }),
    );
  }

  async run(): Promise<FrameDifference | undefined> {
    for (const frame of this.#frames) {
      const early = await this.#runActions(frame.i);
      if (early !== undefined) return early;
      const act = this.#clientActionOf(frame);
      if (act === undefined) continue;
      const difference = await this.#waitForFramesBefore(frame.i);
      if (difference !== undefined) return difference;
      try {
        await act();
      } catch (error) {
        if (!(error instanceof MalformedTraceError)) throw error;
        throw new MalformedTraceError(`frame ${frame.i} contradicts the frames before it: ${error.message}`);
      }
    }
    return (await this.#waitForFramesBefore(Number.POSITIVE_INFINITY)) ?? (await this.#waitForExtraFrames());
  }

  end(): void {
    for (const connection of this.#connections.values()) connection.cut();
  }

  /** Runs the actions of the context up to this frame. */
  async #runActions(i: number): Promise<FrameDifference | undefined> {
    while (this.#actions[0] !== undefined && this.#actions[0][0] <= i) {
      const [at, act] = this.#actions.shift()!;
      const difference = await this.#waitForFramesBefore(at);
      if (difference !== undefined) return difference;
      act();
    }
    return undefined;
  }

  /** The action of a client that leads to this frame. Pings and refused upgrade requests were not recorded. */
  #clientActionOf({ conn, ...frame }: TraceFrame): (() => Promise<void> | void) | undefined {
    const connection = this.#connections.get(conn)!;
    if (frame.from === "client") return () => connection.act(frame.action);
    const { output } = frame;
    if (output.kind === "pong") return () => connection.ping(output.text);
    return output.kind === "http" ? () => connection.open() : undefined;
  }

  /** Waits until the server has sent all that was recorded before frame `i`. */
  async #waitForFramesBefore(i: number): Promise<FrameDifference | undefined> {
    const haveCome = (): boolean => [...this.#expected.values()].every((each) => each.hasAllBefore(i));
    for (let waitedMs = 0; !haveCome(); waitedMs += STEP_MS) {
      if (waitedMs > FRAME_TIMEOUT_MS) return this.#missingFrame(i);
      if (waitedMs > 0) this.#advance(STEP_MS);
      await waitUntilIdle([...this.#connections.values()]);
      const difference = this.#difference();
      if (difference !== undefined) return difference;
    }
    return this.#difference();
  }

  /** Waits for frames that the server sends after the last recorded one. */
  async #waitForExtraFrames(): Promise<FrameDifference | undefined> {
    await waitUntilIdle([...this.#connections.values()]);
    this.#advance(EXTRA_FRAMES_MS);
    await waitUntilIdle([...this.#connections.values()]);
    return this.#difference();
  }

  #difference(): FrameDifference | undefined {
    const differences = [...this.#expected].flatMap(([conn, expected]) => {
      const difference = expected.difference();
      return difference === undefined ? [] : [{ conn, ...difference }];
    });
    return differences[0];
  }

  #missingFrame(i: number): FrameDifference {
    const incomplete = [...this.#expected].find(([, expected]) => !expected.hasAllBefore(i))!;
    const [conn, { next }] = incomplete;
    return {
      conn,
      frame: next,
      what: `\n    expected: ${next && frameText(next.output)}\n    ours:     nothing`,
    };
  }
}
