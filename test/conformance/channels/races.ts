import { type ChannelMessage, isEmpty, memberOf, messageOf, refsOf } from "./channel-message.ts";
import type { ChannelTrace, ServerFrame } from "./channel-trace.ts";

/**
 * Whether two frames of one connection may come in either order. The reference left it open, and its recordings show both:
 *
 * - the diff of one's own join, and the state that is pushed after it;
 * - the reply to an update or untrack, and its diff;
 * - leaves in several topics, as the end of a connection brings them about.
 */
export type MaySwap = (one: ServerFrame, other: ServerFrame) => boolean;

/** Who may overtake whom in this trace. */
export function racesOf(trace: ChannelTrace): MaySwap {
  const racers = racersOf(trace);
  return (one, other) => {
    const [first, second] = [racers.get(one), racers.get(other)];
    if (first === undefined || second === undefined) return false;
    return isRace(first, second) || isRace(second, first);
  };
}

/** What a frame is in a race. */
type Racer = Diff | State | { readonly kind: "change"; readonly topic: unknown; readonly key: string };

interface Diff {
  readonly kind: "diff";
  readonly topic: unknown;
  readonly joins: unknown;
  readonly leaves: unknown;
  /** Whether it is the first of the topic since the connection joined it. */
  readonly isFirst: boolean;
}

interface State {
  readonly kind: "state";
  readonly topic: unknown;
  readonly key: string;
  readonly presences: unknown;
}

function isRace(one: Racer, other: Racer): boolean {
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

/** Whether it brings the one who gets the state: by its refs, or, where a projection has none, as the first that came. */
function isOwnJoin({ joins, isFirst }: Diff, { key, presences }: State): boolean {
  const [joined, here] = [memberOf(joins, key), memberOf(presences, key)];
  if (joined === undefined || here === undefined) return false;
  const [refs, refsHere] = [refsOf(joined), refsOf(here)];
  return refs.length === 0 ? isFirst : refs.every((ref) => refsHere.includes(ref));
}

function racersOf({ frames }: ChannelTrace): Map<ServerFrame, Racer> {
  const racers = new Map<ServerFrame, Racer>();
  const pushes = new Pushes();
  for (const frame of frames) {
    if (frame.from === "client") {
      if (frame.action.kind === "text") pushes.add(frame.conn, messageOf(frame.action.text));
      continue;
    }
    const racer = frame.output.kind === "text" && racerOf(frame.conn, messageOf(frame.output.json), pushes);
    if (racer) racers.set(frame, racer);
  }
  return racers;
}

function racerOf(conn: string, message: ChannelMessage, pushes: Pushes): Racer | undefined {
  const { topic, event, ref, payload } = message;
  const key = pushes.keyOf(conn, topic);
  if (event === "presence_diff") {
    const isFirst = pushes.isFirstDiff(conn, topic);
    return {
      ...{ kind: "diff", topic, isFirst },
      joins: memberOf(payload, "joins"),
      leaves: memberOf(payload, "leaves"),
    };
  }
  if (key === undefined) return undefined;
  if (event === "presence_state" && pushes.isTrackedFirst(conn, topic))
    return { kind: "state", topic, key, presences: payload };
  return event === "phx_reply" && pushes.isChange(conn, topic, ref)
    ? { kind: "change", topic, key }
    : undefined;
}

/** What the clients have sent so far. */
class Pushes {
  readonly #joins = new Map<string, { readonly user_id?: unknown; readonly order?: unknown }>();
  readonly #changes = new Set<string>();
  /** Where a diff has come since the join. */
  readonly #told = new Set<string>();

  add(conn: string, { topic, event, ref, payload }: ChannelMessage): void {
    if (event === "phx_join") {
      this.#joins.set(idOf(conn, topic), payload ?? {});
      this.#told.delete(idOf(conn, topic));
    }
    if (event === "update_status" || event === "untrack") this.#changes.add(idOf(conn, topic, ref));
  }

  /** Under which key this connection is in the topic. */
  keyOf(conn: string, topic: unknown): string | undefined {
    const { user_id } = this.#joins.get(idOf(conn, topic)) ?? {};
    return user_id === undefined ? undefined : String(user_id);
  }

  isTrackedFirst(conn: string, topic: unknown): boolean {
    const { order = "track_first" } = this.#joins.get(idOf(conn, topic)) ?? {};
    return order === "track_first";
  }

  /** Asked once for each diff. */
  isFirstDiff(conn: string, topic: unknown): boolean {
    const isFirst = !this.#told.has(idOf(conn, topic));
    this.#told.add(idOf(conn, topic));
    return isFirst;
  }

  isChange(conn: string, topic: unknown, ref: unknown): boolean {
    return this.#changes.has(idOf(conn, topic, ref));
  }
}

function idOf(...parts: unknown[]): string {
  return JSON.stringify(parts);
}
