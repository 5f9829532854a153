import { type ChannelMessage, isEmpty, memberOf, messageOf, refsOf } from "./channel-message.ts";
import type { ChannelTrace, ServerFrame } from "./channel-trace.ts";

/**
 * Whether two frames of one connection may come in either order. The recordings of the reference show both orders of:
 *
 * - the diff of a client's own join and the state that the server clientMessages after it
 * - the reply to an update or untrack and its diff
 * - leaves in several topics when a connection ends
 */
export type MaySwap = (one: ServerFrame, other: ServerFrame) => boolean;

/** Finds the frames of a trace that may swap. */
export function racesOf(trace: ChannelTrace): MaySwap {
  const racing = racingFramesOf(trace);
  return (one, other) => {
    const [first, second] = [racing.get(one), racing.get(other)];
    if (first === undefined || second === undefined) return false;
    return isRace(first, second) || isRace(second, first);
  };
}

/** A frame that may race with others. `change` is the reply to an update or untrack. */
type RacingFrame = Diff | State | { readonly kind: "change"; readonly topic: unknown; readonly key: string };

interface Diff {
  readonly kind: "diff";
  readonly topic: unknown;
  readonly joins: unknown;
  readonly leaves: unknown;
  /** Whether it is the first diff of the topic since the connection joined it. */
  readonly isFirst: boolean;
}

interface State {
  readonly kind: "state";
  readonly topic: unknown;
  readonly key: string;
  readonly presences: unknown;
}

function isRace(one: RacingFrame, other: RacingFrame): boolean {
  if (other.kind !== "diff") return false;
  switch (one.kind) {
    case "diff":
      return one.topic !== other.topic && isEmpty(one.joins) && isEmpty(other.joins);
    case "change":
      return one.topic === other.topic && memberOf(other.leaves, one.key) !== undefined;
    case "state":
      return one.topic === other.topic && isOwnJoin(other, one);
  }
}

/**
 * Whether a diff has the join of the client that receives the state. The refs show it. In a projection without refs it is
 * the first diff.
 */
function isOwnJoin({ joins, isFirst }: Diff, { key, presences }: State): boolean {
  const [joined, listed] = [memberOf(joins, key), memberOf(presences, key)];
  if (joined === undefined || listed === undefined) return false;
  const [refs, listedRefs] = [refsOf(joined), refsOf(listed)];
  return refs.length === 0 ? isFirst : refs.every((ref) => listedRefs.includes(ref));
}

function racingFramesOf({ frames }: ChannelTrace): Map<ServerFrame, RacingFrame> {
  const racing = new Map<ServerFrame, RacingFrame>();
  const clientMessages = new ClientMessages();
  for (const frame of frames) {
    if (frame.from === "client") {
      if (frame.action.kind === "text") clientMessages.add(frame.conn, messageOf(frame.action.text));
      continue;
    }
    const racingFrame =
      frame.output.kind === "text" && racingFrameOf(frame.conn, messageOf(frame.output.json), clientMessages);
    if (racingFrame) racing.set(frame, racingFrame);
  }
  return racing;
}

function racingFrameOf(
  conn: string,
  message: ChannelMessage,
  clientMessages: ClientMessages,
): RacingFrame | undefined {
  const { topic, event, ref, payload } = message;
  const key = clientMessages.keyOf(conn, topic);
  if (event === "presence_diff") {
    const isFirst = clientMessages.isFirstDiff(conn, topic);
    return {
      ...{ kind: "diff", topic, isFirst },
      joins: memberOf(payload, "joins"),
      leaves: memberOf(payload, "leaves"),
    };
  }
  if (key === undefined) return undefined;
  if (event === "presence_state" && clientMessages.isTrackedFirst(conn, topic))
    return { kind: "state", topic, key, presences: payload };
  return event === "phx_reply" && clientMessages.isChange(conn, topic, ref)
    ? { kind: "change", topic, key }
    : undefined;
}

/** The messages that the clients have sent so far. */
class ClientMessages {
  readonly #joins = new Map<string, { readonly user_id?: unknown; readonly order?: unknown }>();
  readonly #changes = new Set<string>();
  /** Connections and topics with a diff since the join. */
  readonly #withDiff = new Set<string>();

  add(conn: string, { topic, event, ref, payload }: ChannelMessage): void {
    if (event === "phx_join") {
      this.#joins.set(idOf(conn, topic), payload ?? {});
      this.#withDiff.delete(idOf(conn, topic));
    }
    if (event === "update_status" || event === "untrack") this.#changes.add(idOf(conn, topic, ref));
  }

  /** The key of this connection in the topic. */
  keyOf(conn: string, topic: unknown): string | undefined {
    const { user_id } = this.#joins.get(idOf(conn, topic)) ?? {};
    return user_id === undefined ? undefined : String(user_id);
  }

  isTrackedFirst(conn: string, topic: unknown): boolean {
    const { order = "track_first" } = this.#joins.get(idOf(conn, topic)) ?? {};
    return order === "track_first";
  }

  /** Call this once for each diff. */
  isFirstDiff(conn: string, topic: unknown): boolean {
    const isFirst = !this.#withDiff.has(idOf(conn, topic));
    this.#withDiff.add(idOf(conn, topic));
    return isFirst;
  }

  isChange(conn: string, topic: unknown, ref: unknown): boolean {
    return this.#changes.has(idOf(conn, topic, ref));
  }
}

function idOf(...parts: unknown[]): string {
  return JSON.stringify(parts);
}
