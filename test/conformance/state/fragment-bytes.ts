import type { Fragment } from "../../../src/crdt/index.ts";
import { PushAssembler } from "../../../src/replication/push-assembler.ts";
import { decode, encode } from "../../../src/wire/index.ts";

const sender = { name: "trace", id: "trace", startedAt: 0 };

/** The bytes in which these fragments travel: no message of a replay passes from set to set as an object. */
export function encodeFragments(fragments: readonly Fragment[]): Uint8Array[] {
  return encode({ type: "push", to: "trace", request: 0, fragments }, { sender, counter: 0 });
}

export function decodeFragments(messages: readonly Uint8Array[]): Fragment[] {
  const answer = new PushAssembler();
  return messages.flatMap((bytes) => {
    const decoded = decode(bytes);
    if (!decoded.ok) throw decoded.error;
    return decoded.message.type === "push" ? answer.receive(decoded.message) : [];
  });
}
