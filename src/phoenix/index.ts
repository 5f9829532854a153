export { UnhandledEventError } from "../errors.ts";
export { authTokenOf } from "./auth-token.ts";
export type {
  ChannelHandlers,
  HandleResult,
  JoinResult,
  Promised,
  TerminateReason,
} from "./channel-handlers.ts";
export type { ChannelSocket, ReplyRef } from "./channel-socket.ts";
export { createEndpoint } from "./create-endpoint.ts";
export type { Endpoint } from "./endpoint.ts";
export type { Connected, EndpointOptions, ErrorOrigin, Refused } from "./options.ts";
export type { CheckOrigin } from "./origin.ts";
export type { ClientPayload, ServerEvents, ServerPayload } from "./payload.ts";
export { type PresenceChannelOptions, presenceChannel } from "./presence-channel.ts";
export type { Reply } from "./reply.ts";
export type { UpgradableServer, UpgradeListener } from "./upgrades.ts";
