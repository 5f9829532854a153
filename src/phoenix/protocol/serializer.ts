import type { Body, ClientMessage, Frame } from "./body.ts";

/** How a version of the protocol puts messages into frames. */
export interface Serializer {
  /** Whether it has frames for bytes. */
  readonly carriesBytes: boolean;
  /** Throws for what is no message. */
  decode(data: Uint8Array, isBinary: boolean): ClientMessage;
  /** These three throw for bytes that they have no frame for. */
  reply(to: Pick<ClientMessage, "joinRef" | "ref" | "topic">, status: string, response: Body): Frame;
  push(joinRef: string, topic: string, event: string, payload: Body): Frame;
  /** The same for all who get it. */
  broadcast(topic: string, event: string, payload: Body): Frame;
  /** The end of a channel: `phx_close` or `phx_error`. */
  end(joinRef: string, topic: string, event: string, payload: Body): Frame;
}
