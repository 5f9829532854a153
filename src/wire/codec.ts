import { type DecodeResult, decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { PROTOCOL_VERSION } from "./format.ts";
import type { Envelope, OutgoingMessage, ReplicateMode } from "./replica-message.ts";
import type { MessageSigning } from "./seal.ts";

/**
 * Encodes and decodes one version of the protocol. In every version, the first byte of a message is its version, and the
 * second byte is the newest version that its sender speaks.
 */
export interface Codec {
  readonly version: number;
  readonly encode: (
    outgoing: OutgoingMessage,
    envelope: Envelope,
    maxMessageBytes: number | undefined,
    newest: number,
    signing?: MessageSigning,
    mode?: ReplicateMode,
  ) => Uint8Array[];
  readonly decode: (bytes: Uint8Array, signing?: MessageSigning) => DecodeResult;
}

/** The newest version that a node speaks, and the version before it if it speaks that too. */
export type Codecs = readonly [newest: Codec, previous?: Codec];

/** The versions that this release speaks. */
export const CODECS: Codecs = [{ version: PROTOCOL_VERSION, encode, decode }];
