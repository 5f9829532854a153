export { RefusedError, UnhandledEventError } from "../errors.ts";
export type { Promised } from "./async/promised.ts";
export type {
  ChannelHandlers,
  HandleResult,
  JoinResult,
  TerminateReason,
} from "./channel/channel-handlers.ts";
export type { ChannelSocket, Reply, ReplyRef } from "./channel/channel-socket.ts";
export { authTokenOf } from "./connect/auth-token.ts";
export type { CheckOrigin } from "./connect/check-origin.ts";
export type { Connected, Refused } from "./connect/handshake.ts";
export type { RequestHandler } from "./connect/requests.ts";
export type { UpgradableServer, UpgradeListener } from "./connect/upgrades.ts";
export { createEndpoint } from "./create-endpoint.ts";
export type { EndpointDiagnostics } from "./diagnostics.ts";
export { Endpoint } from "./endpoint.ts";
export type { EndpointOptions } from "./endpoint-options.ts";
export type { ErrorOrigin, RefusalReason } from "./error-origin.ts";
export { type PresenceChannelOptions, presenceChannel } from "./presence/presence-channel.ts";
export type { ClientPayload, ServerEvents, ServerPayload } from "./protocol/channel-payload.ts";
