import { type Channel, channel } from "node:diagnostics_channel";
import type { RollcallError } from "../../errors.ts";
import type { Cause } from "../../replication/events.ts";
import type { ReplicaIdentity } from "./tracker-events.ts";

/**
 * Whom a message on a channel is about: a process may run several trackers.
 *
 * @example
 * const origin: DiagnosticsOrigin = { clusterName: "rollcall", replicaName: "tokyo" };
 */
export interface DiagnosticsOrigin {
  /** As in its options. */
  readonly clusterName: string;
  /** The name of the replica itself, as `replicas()` has it. */
  readonly replicaName: string;
}

/**
 * What trackers publish by `node:diagnostics_channel`, by the name of the channel: for metrics and tracing that see every tracker of a
 * process, and need none of them in hand.
 *
 * @example
 * import { subscribe } from "node:diagnostics_channel";
 *
 * subscribe("rollcall:message:sent", (message) => {
 *   const { clusterName, bytes } = message as Diagnostics["rollcall:message:sent"];
 *   histogram.record(bytes, { clusterName });
 * });
 */
export interface Diagnostics {
  /** A `diff` event was told: how many presences joined and left, here or elsewhere. An update is one of each. */
  "rollcall:diff": DiagnosticsOrigin & {
    readonly joins: number;
    readonly leaves: number;
    readonly cause: Cause;
  };
  /** A message was given to the transport; `to` is the id of the one replica that it is for, if it is not for all. */
  "rollcall:message:sent": DiagnosticsOrigin & { readonly bytes: number; readonly to: string | undefined };
  /** A message came in, one of our own too; `from` is missing where it was refused. */
  "rollcall:message:received": DiagnosticsOrigin & {
    readonly bytes: number;
    readonly from: ReplicaIdentity | undefined;
  };
  /** A replica came up, went down, or is forgotten, as the events `replica-up` and so on say. */
  "rollcall:replica": DiagnosticsOrigin & {
    readonly status: "up" | "down" | "permdown";
    readonly replica: ReplicaIdentity;
  };
  /** Something that should not be was found, and taken care of. */
  "rollcall:warning": DiagnosticsOrigin & { readonly error: RollcallError };
  /** The transport failed. */
  "rollcall:error": DiagnosticsOrigin & { readonly error: RollcallError };
}

/** Held here, as Node forgets a channel that nobody holds, and who subscribed to it. */
const channels: { readonly [Name in keyof Diagnostics]: Channel } = {
  "rollcall:diff": channel("rollcall:diff"),
  "rollcall:message:sent": channel("rollcall:message:sent"),
  "rollcall:message:received": channel("rollcall:message:received"),
  "rollcall:replica": channel("rollcall:replica"),
  "rollcall:warning": channel("rollcall:warning"),
  "rollcall:error": channel("rollcall:error"),
};

/** What a message has beside whom it is about. */
export type DiagnosticsPayload<Name extends keyof Diagnostics> = Omit<
  Diagnostics[Name],
  keyof DiagnosticsOrigin
>;

/**
 * Whether somebody subscribed to a channel. Asked before anything is made for it: where nobody did, that is all that it
 * costs.
 */
export function hasSubscribers(name: keyof Diagnostics): boolean {
  return channels[name].hasSubscribers;
}

/** What a subscriber throws, Node makes an uncaught exception; it does not come back here. */
export function publishDiagnostics<Name extends keyof Diagnostics>(
  name: Name,
  origin: DiagnosticsOrigin,
  told: DiagnosticsPayload<Name>,
): void {
  channels[name].publish({ ...origin, ...told });
}
