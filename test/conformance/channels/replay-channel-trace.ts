import { manualClock } from "../../../src/testing/manual-clock.ts";
import { MalformedTraceError } from "../json-readers.ts";
import type { ChannelTrace, TraceFrame } from "./channel-trace.ts";
import { ExpectedFrames } from "./expected-frames.ts";
import { frameText } from "./match-frames.ts";
import { racesOf } from "./races.ts";
import { RawConnection } from "./raw-connection.ts";
import { RefLabels } from "./ref-labels.ts";
import { createRoomServer, type RoomServer } from "./room-server.ts";
import { waitUntilIdle } from "./wait-until-idle.ts";

/** A frame that is not as recorded; no `frame`, where the trace has none and we have one more. */
export interface FrameDifference {
  readonly frame: { readonly i: number } | undefined;
  readonly conn: string;
  readonly what: string;
}

/** What a trace is about, but does not hold as frames. */
export interface ReplayContext {
  /** The Origin that a connection sends, by its name. */
  readonly origins?: { readonly [conn: string]: string };
  /** What happens when all before a frame has come, by the number of the frame, or of the remark in its place. */
  readonly at?: {
    readonly [i: number]: (server: RoomServer, link: (conn: string) => RawConnection) => unknown;
  };
}

/** Plays the clients of a trace against our server, up to the first frame that differs. */
export async function replayChannelTrace(
  trace: ChannelTrace,
  beside: ReplayContext = {},
): Promise<FrameDifference | undefined> {
  const clock = manualClock();
  const server = await createRoomServer(clock);
  const player = new Player(trace, beside, server, (ms) => clock.advance(ms));
  try {
    return await player.replayChannelTrace();
  } finally {
    player.end();
    const closed = server.close();
    clock.advance(10_000);
    await closed;
  }
}

/** The longest that the server may take for a frame, by its own clock: longer than any delay or idle timeout of a trace. */
const PATIENCE_MS = 10_000;
/** Shorter than anything that the server waits for. */
const STEP_MS = 20;
/** At the end, for what it should not say: longer than its late reply, shorter than its idle timeout. */
const AFTERMATH_MS = 1_000;

class Player {
  readonly #frames: readonly TraceFrame[];
  readonly #at: (readonly [i: number, happen: () => unknown])[];
  readonly #advance: (ms: number) => void;
  readonly #links: ReadonlyMap<string, RawConnection>;
  readonly #conversations: ReadonlyMap<string, ExpectedFrames>;

  constructor(
    trace: ChannelTrace,
    { at = {}, origins = {} }: ReplayContext,
    server: RoomServer,
    advance: (ms: number) => void,
  ) {
    const [refs, maySwap] = [new RefLabels(), racesOf(trace)];
    const names = [...trace.connections];
    this.#frames = trace.frames;
    this.#at = Object.entries(at).map(([i, happen]) => [
      Number(i),
      () => happen(server, (conn) => this.#links.get(conn)!),
    ]);
    this.#advance = advance;
    this.#links = new Map(
      names.map(([name, path]) => [name, new RawConnection(name, path, server, origins[name])]),
    );
    this.#conversations = new Map(
      names.map(([name]) => {
        const expected = trace.frames.flatMap((frame) => {
          return frame.conn === name && frame.from === "server" ? [frame] : [];
        });
        return [name, new ExpectedFrames(expected, this.#links.get(name)!.received, maySwap, refs)];
      }),
    );
  }

  async replayChannelTrace(): Promise<FrameDifference | undefined> {
    for (const frame of this.#frames) {
      const odd = await this.#happen(frame.i);
      if (odd !== undefined) return odd;
      const act = this.#actOf(frame);
      if (act === undefined) continue;
      const late = await this.#arrival(frame.i);
      if (late !== undefined) return late;
      try {
        await act();
      } catch (error) {
        if (!(error instanceof MalformedTraceError)) throw error;
        throw new MalformedTraceError(`frame ${frame.i} does not fit the others: ${error.message}`);
      }
    }
    return (await this.#arrival(Number.POSITIVE_INFINITY)) ?? (await this.#aftermath());
  }

  /** What happens beside the frames, up to this one. */
  async #happen(i: number): Promise<FrameDifference | undefined> {
    while (this.#at[0] !== undefined && this.#at[0][0] <= i) {
      const [at, happen] = this.#at.shift()!;
      const odd = await this.#arrival(at);
      if (odd !== undefined) return odd;
      happen();
    }
    return undefined;
  }

  end(): void {
    for (const link of this.#links.values()) link.cut();
  }

  /** What a client does for this frame to be, if anything. Nobody recorded the pings, nor how a refused client asked. */
  #actOf({ conn, ...frame }: TraceFrame): (() => Promise<void> | void) | undefined {
    const link = this.#links.get(conn)!;
    if (frame.from === "client") return () => link.act(frame.action);
    const { output } = frame;
    if (output.kind === "pong") return () => link.ping(output.text);
    return output.kind === "http" ? () => link.open() : undefined;
  }

  /** Waits until all that was recorded before frame `i` has come. */
  async #arrival(i: number): Promise<FrameDifference | undefined> {
    const isHere = (): boolean => [...this.#conversations.values()].every((each) => each.hasAllBefore(i));
    for (let waitedMs = 0; !isHere(); waitedMs += STEP_MS) {
      if (waitedMs > PATIENCE_MS) return this.#silence(i);
      if (waitedMs > 0) this.#advance(STEP_MS);
      await waitUntilIdle([...this.#links.values()]);
      const odd = this.#odd();
      if (odd !== undefined) return odd;
    }
    return this.#odd();
  }

  /** What the server says that was not recorded. */
  async #aftermath(): Promise<FrameDifference | undefined> {
    await waitUntilIdle([...this.#links.values()]);
    this.#advance(AFTERMATH_MS);
    await waitUntilIdle([...this.#links.values()]);
    return this.#odd();
  }

  #odd(): FrameDifference | undefined {
    const odds = [...this.#conversations].flatMap(([conn, conversation]) => {
      const difference = conversation.difference();
      return difference === undefined ? [] : [{ conn, ...difference }];
    });
    return odds[0];
  }

  #silence(i: number): FrameDifference {
    const late = [...this.#conversations].find(([, conversation]) => !conversation.hasAllBefore(i))!;
    const [conn, { next }] = late;
    return {
      conn,
      frame: next,
      what: `\n    expected: ${next && frameText(next.output)}\n    ours:     nothing`,
    };
  }
}
