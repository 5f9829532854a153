import type { Fragment } from "../../../src/crdt/index.ts";
import { PushAssembler } from "../../../src/replication/push-assembler.ts";
import { decode, encode } from "../../../src/wire/index.ts";

const sender = { name: "trace", id: "trace", startedAt: 0 };

/** Encodes fragments for transport. Every message of a replay crosses encode and decode, as in production. */
export function encodeFragments(fragments: readonly Fragment[]): Uint8Array[] {
  return encode({ type: "push", to: "trace", request: 0, fragments }, { sender, counter: 0 });
}

export function decodeFragments(messages: readonly Uint8Array[]): Fragment[] {
  const assembler = new PushAssembler();
  return messages.flatMap((bytes) => {
    const decoded = decode(bytes);
    if (!decoded.ok) throw decoded.error;
    return decoded.message.type === "push" ? assembler.receive(decoded.message) : [];
  });
}
