export { UnhandledEventError } from "../errors.ts";
export type {
  ChannelHandlers,
  HandleResult,
  JoinResult,
  Promised,
  TerminateReason,
} from "./channel/channel-handlers.ts";
export type { ChannelSocket, ReplyRef } from "./channel/channel-socket.ts";
export type { Reply } from "./channel/reply.ts";
export { authTokenOf } from "./connect/auth-token.ts";
export type { CheckOrigin } from "./connect/check-origin.ts";
export type { UpgradableServer, UpgradeListener } from "./connect/upgrades.ts";
export { createEndpoint } from "./create-endpoint.ts";
export type { Endpoint } from "./endpoint.ts";
export type { Connected, EndpointOptions, ErrorOrigin, Refused } from "./endpoint-options.ts";
export { type PresenceChannelOptions, presenceChannel } from "./presence/presence-channel.ts";
export type { ClientPayload, ServerEvents, ServerPayload } from "./protocol/channel-payload.ts";
