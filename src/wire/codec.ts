import { type DecodeResult, decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { PROTOCOL_VERSION } from "./format.ts";
import type { Envelope, OutgoingMessage } from "./replica-message.ts";

/**
 * One version of the protocol, as bytes. Whatever the version, the first byte of a message is its version and the second the
 * newest version that its sender speaks.
 */
export interface Codec {
  readonly version: number;
  readonly encode: (
    outgoing: OutgoingMessage,
    envelope: Envelope,
    maxMessageBytes: number | undefined,
    newest: number,
  ) => Uint8Array[];
  readonly decode: (bytes: Uint8Array) => DecodeResult;
}

/** The newest version that a node speaks and, where there is one, the version before it. */
export type Codecs = readonly [newest: Codec, previous?: Codec];

/** What this release speaks. */
export const CODECS: Codecs = [{ version: PROTOCOL_VERSION, encode, decode }];
