import type { Frame } from "../protocol/serializer.ts";

/** The events that a transport reports to its connection. */
export interface TransportEvents {
  message(data: Uint8Array, isBinary: boolean): void;
  /** The client sent something that is not a message and wants no answer. */
  active(): void;
  /** The client asks for `pong(data)`. */
  ping(data: Uint8Array): void;
  /** The client broke a rule of the transport, which closes after this. */
  failed(error: Error): void;
  /** Called once, when nothing can be sent or received any more. */
  closed(): void;
}

/** Carries the frames of one client. */
export interface Transport {
  /** Whether it closes by itself when the client is silent for too long. */
  readonly hasOwnTimeout: boolean;
  /** Whether frames can be sent. */
  readonly isOpen: boolean;
  /** How many bytes were sent that the client has not read. */
  readonly bufferedAmount: number;
  /** Called once, before anything else. */
  listen(events: TransportEvents): void;
  send(frame: Frame): void;
  pong(data: Uint8Array): void;
  /** Reads nothing from the client until `resume`: what it sends waits in the network. */
  pause(): void;
  resume(): void;
  /** Closes in order, with a close code of WebSockets: the client first gets what was sent. */
  close(code: number): void;
  /** Closes at once: the client may miss what was sent. */
  terminate(): void;
}
