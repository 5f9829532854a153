/** The recorded frames between clients and a Phoenix server. */
export interface ChannelTrace {
  readonly name: string;
  readonly check: readonly ChannelCheck[];
  /** The path and query of each connection, by name. */
  readonly connections: ReadonlyMap<string, string>;
  /** In the recorded order, without the notes of the recorder. */
  readonly frames: readonly TraceFrame[];
}

export type ChannelCheck = "exact";

export type TraceFrame = ClientFrame | ServerFrame;

export interface ClientFrame {
  readonly i: number;
  readonly conn: string;
  readonly from: "client";
  readonly action: ClientAction;
}

export interface ServerFrame {
  readonly i: number;
  readonly conn: string;
  readonly from: "server";
  readonly output: ServerOutput;
}

export type ClientAction =
  | { readonly kind: "open" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "close"; readonly code: number | undefined }
  /** The client destroys the TCP connection without a close frame. */
  | { readonly kind: "abort" };

/** Plain data that can be compared: bytes are base64. */
export type ServerOutput =
  | { readonly kind: "text"; readonly json: unknown }
  | { readonly kind: "bytes"; readonly base64: string }
  | { readonly kind: "close"; readonly code: number; readonly reason: string }
  /** The server refused the upgrade. */
  | { readonly kind: "http"; readonly status: number }
  /** The answer to a ping with the same text. The ping is not recorded. */
  | { readonly kind: "pong"; readonly text: string };
