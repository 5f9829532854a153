export { type Decoded, decode } from "./decode.ts";
export { encode } from "./encode.ts";
export { LEAST_MESSAGE_BYTES, MAX_NAME_BYTES } from "./format.ts";
export { assertFits } from "./limits.ts";
export type {
  Advertised,
  Delta,
  Envelope,
  Heartbeat,
  Leaving,
  Message,
  Outgoing,
  OutgoingDelta,
  OutgoingPush,
  Pull,
  Push,
  Sender,
} from "./replica-message.ts";
