export { type DecodeResult, decode } from "./decode.ts";
export { encode } from "./encode.ts";
export { MAX_NAME_BYTES, MIN_MESSAGE_BYTES } from "./format.ts";
export { assertFits } from "./limits.ts";
export type {
  AdvertisedReplica,
  Claim,
  ClaimAnswer,
  Delta,
  Envelope,
  Handover,
  Heartbeat,
  Leaving,
  OutgoingDelta,
  OutgoingMessage,
  OutgoingPush,
  Pull,
  Push,
  ReplicaIncarnation,
  ReplicaMessage,
  ReplicateMode,
} from "./replica-message.ts";
