import type { Fragment } from "../../src/crdt/index.ts";
import { decode, encode, type ReplicaIncarnation } from "../../src/wire/index.ts";

/** Names and ids of typical length. */
export const TOKYO: ReplicaIncarnation = {
  name: "tokyo-01",
  id: "V1StGXR8_Z5j",
  startedAt: 1_750_000_000_000,
};
export const PARIS: ReplicaIncarnation = {
  name: "paris-01",
  id: "4f90d13a42bQ",
  startedAt: 1_750_000_000_001,
};

/** The answer of Tokyo to Paris, in one message of any size. */
export function encodePush(fragment: Fragment): Uint8Array {
  const push = { type: "push", to: PARIS.id, request: 1, fragments: [fragment] } as const;
  return encode(push, { sender: TOKYO, counter: 1 })[0]!;
}

/** Decodes that answer at Paris. */
export function decodePush(bytes: Uint8Array): Fragment {
  const decoded = decode(bytes);
  if (!decoded.ok || decoded.message.type !== "push")
    throw new Error("the bytes of a push do not decode to a push");
  return decoded.message.fragments[0]!;
}
