/** What clients and a Phoenix server said to each other. */
export interface ChannelTrace {
  readonly name: string;
  readonly check: readonly ChannelCheck[];
  /** By name, the path and query that a client asks for. */
  readonly connections: ReadonlyMap<string, string>;
  /** In the order in which they were recorded; remarks are left out. */
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
  /** The TCP connection is cut, without a word. */
  | { readonly kind: "abort" };

/** Comparable as it stands: bytes are base64. */
export type ServerOutput =
  | { readonly kind: "text"; readonly json: unknown }
  | { readonly kind: "bytes"; readonly base64: string }
  | { readonly kind: "close"; readonly code: number; readonly reason: string }
  /** An upgrade that was refused. */
  | { readonly kind: "http"; readonly status: number }
  /** The answer to a ping with the same text, which is not recorded. */
  | { readonly kind: "pong"; readonly text: string };
