import type { Json, Meta } from "../../../src/payload.ts";
import {
  type ChannelHandlers,
  type ChannelSocket,
  type ClientPayload,
  type HandleResult,
  type Reply,
  type ReplyRef,
  UnhandledEventError,
} from "../../../src/phoenix/index.ts";
import type { Presence } from "../../../src/presence/presence.ts";
import type { Clock } from "../../../src/time/clock.ts";

/** The parameters that a client sent when it joined. */
export interface RoomAssigns {
  userId?: string | number;
  order?: string;
  meta?: Meta;
}

export type RoomSocket = ChannelSocket<RoomAssigns>;

/** The channel `room:*` that the traces were recorded with. */
export function roomChannel(presence: Presence<Meta, object>, clock: Clock): ChannelHandlers<RoomAssigns> {
  const handlers = events(presence, clock);
  return {
    join(payload, socket) {
      switch (socket.topic) {
        case "room:denied":
          return { error: { reason: "unauthorized" } };
        case "room:joincrash":
          throw new Error("this join crashes on purpose");
        case "room:plain":
          return undefined;
        case "room:slow":
          return after(clock, Number(membersOf(payload)["delay"] ?? 0)).then(() => ({ ok: { slow: true } }));
        default:
          return enter(socket, membersOf(payload));
      }
    },

    async afterJoin(socket) {
      const { userId, order = "track_first", meta = { status: "online" } } = socket.assigns;
      if (userId === undefined) return;
      // In the reference a channel is a process of its own, so the connection answers first.
      await undefined;
      const pushState = async (): Promise<void> => {
        socket.push("presence_state", await presence.list(socket.topic));
      };
      if (order === "push_first" || order === "state_only") await pushState();
      if (order !== "state_only") presence.track(socket, socket.topic, userId, meta);
      if (order === "track_first") await pushState();
    },

    async handleIn(event, payload, socket, ref) {
      if (!Object.hasOwn(handlers, event)) throw new UnhandledEventError(event);
      return handlers[event]!(payload, socket, ref);
    },

    intercept: ["filtered"],
    handleOut(event, payload, socket) {
      socket.push(event, { ...payload, for: socket.assigns.userId ?? null });
    },
  };
}

type Handler = (
  payload: ClientPayload,
  socket: RoomSocket,
  ref: ReplyRef,
) => HandleResult | Promise<HandleResult>;

function events(presence: Presence<Meta, object>, clock: Clock): { readonly [event: string]: Handler } {
  const change = (socket: RoomSocket, run: (key: string | number) => unknown): Reply => {
    const { userId } = socket.assigns;
    try {
      if (userId !== undefined) run(userId);
      return userId === undefined ? NO_PRESENCE : { ok: {} };
    } catch (error) {
      if ((error as { code?: string }).code === "NOT_TRACKED") return NO_PRESENCE;
      throw error;
    }
  };
  return {
    ping: (payload) => {
      if (payload instanceof Uint8Array) return { ok: Buffer.concat([Buffer.from("pong:"), payload]) };
      return { ok: { pong: true, echo: payload } };
    },
    ok_bare: () => ({ ok: {} }),
    fail: () => ({ error: { reason: "bad" } }),
    custom_status: () => ({ status: "maybe", response: { x: 1 } }),
    noreply: () => undefined,
    late: (_payload, socket, ref) => {
      clock.setTimer(() => socket.reply(ref, { ok: { late: true } }), 60);
    },
    push_then_reply: (_payload, socket) => {
      socket.push("pushed", { n: 1 });
      return { ok: { n: 2 } };
    },
    shout: (payload, socket) => {
      socket.broadcast("shout", sendable(payload));
      return { ok: {} };
    },
    shout_from: (payload, socket) => {
      socket.broadcastFrom("shout", sendable(payload));
      return { ok: {} };
    },
    push_bin: (payload, socket) => socket.push("bin_event", bytes(payload)),
    shout_bin: (payload, socket) => socket.broadcast("bin_event", bytes(payload)),
    update_status: (payload, socket) => {
      const merged = ({ phx_ref, phx_ref_prev, ...held }: Meta): Meta => ({ ...held, ...object(payload) });
      return change(socket, (key) => presence.update(socket, socket.topic, key, merged));
    },
    untrack: (_payload, socket) => {
      if (socket.assigns.userId !== undefined) {
        presence.untrack(socket, socket.topic, socket.assigns.userId);
      }
      return { ok: {} };
    },
    list: async (_payload, socket) => ({ ok: await presence.list(socket.topic) }),
    boom: () => {
      throw new Error("boom crashes on purpose");
    },
    exit_shutdown: () => {
      throw new Error("exit_shutdown crashes on purpose");
    },
    stop: () => ({ stop: "normal" }),
    stop_shutdown: () => ({ stop: "shutdown" }),
    stop_error: () => ({ stop: "some_error" }),
    stop_reply: () => ({ stop: "normal", ok: { bye: true } }),
  };
}

const NO_PRESENCE: Reply = { error: { reason: "nopresence" } };

function enter(socket: RoomSocket, members: JsonObject): { ok: object } {
  const { user_id: you = null, order, meta } = members;
  if (you !== null) socket.assigns.userId = typeof you === "number" ? you : String(you);
  if (typeof order === "string") socket.assigns.order = order;
  if (meta !== undefined) socket.assigns.meta = meta as Meta;
  return { ok: { room: socket.topic.slice("room:".length), you } };
}

type JsonObject = { readonly [name: string]: Json };

function membersOf(payload: ClientPayload): JsonObject {
  return isObject(payload) ? payload : {};
}

/** Throws unless the payload is an object or bytes, because the reference crashes in the same way. */
function sendable(payload: ClientPayload): object {
  return payload instanceof Uint8Array ? payload : object(payload);
}

function object(payload: ClientPayload): JsonObject {
  if (isObject(payload)) return payload;
  throw new TypeError("the payload must be an object");
}

function bytes(payload: ClientPayload): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  throw new TypeError("the payload must be bytes");
}

function isObject(payload: ClientPayload): payload is JsonObject {
  return (
    typeof payload === "object" &&
    payload !== null &&
    !Array.isArray(payload) &&
    !(payload instanceof Uint8Array)
  );
}

function after(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(resolve, delayMs));
}
