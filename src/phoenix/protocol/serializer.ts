import type { Body } from "./body.ts";
import type { ClientPayload } from "./channel-payload.ts";

/** A message of a client. The topic and the event may have any type: only the shape of the message is checked. */
export interface ClientMessage {
  /** This and `ref` may be any JSON value. Both are kept as JSON text, to be sent back unchanged. */
  readonly joinRef: string;
  readonly ref: string;
  readonly topic: unknown;
  readonly event: unknown;
  readonly payload: ClientPayload;
}

/** A WebSocket message. Text that many clients get is a Buffer, so that it is encoded once. */
export interface Frame {
  /** The beginning of the message, sent as a fragment of its own. It is there if clients share the rest but not the beginning. */
  readonly head?: string;
  readonly data: string | Uint8Array;
  readonly isBinary: boolean;
}

/** The JSON text of a ref that is missing. */
export const NO_REF = "null";

/** Reads and writes the frames of one version of the protocol. */
export interface Serializer {
  /** Whether this version has frames for bytes. */
  readonly carriesBytes: boolean;
  /** @throws {SyntaxError | TypeError} for a malformed message. */
  decode(data: Uint8Array, isBinary: boolean): ClientMessage;
  /** This method, `push` and `broadcast` throw for bytes that this version has no frame for. */
  reply(to: Pick<ClientMessage, "joinRef" | "ref" | "topic">, status: string, response: Body): Frame;
  push(joinRef: string, topic: string, event: string, payload: Body): Frame;
  /** The frame is the same for all clients. */
  broadcast(topic: string, event: string, payload: Body): Frame;
  /** Encodes the last message of a channel: `phx_close` or `phx_error`. */
  end(joinRef: string, topic: string, event: string, payload: Body): Frame;
}
