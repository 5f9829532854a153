import { type Channel, channel } from "node:diagnostics_channel";
import type { RollcallError } from "../../errors.ts";
import type { Cause, Hearing } from "../../replication/events.ts";
import type { ReplicaIdentity } from "./tracker-events.ts";

/**
 * Which tracker published the message, as a process may run several trackers.
 *
 * @example
 * const origin: DiagnosticsOrigin = { clusterName: "rollcall", replicaName: "tokyo" };
 */
export interface DiagnosticsOrigin {
  /** The `clusterName` of the tracker. */
  readonly clusterName: string;
  /** The name of its replica, as in `replicas()`. */
  readonly replicaName: string;
}

/**
 * The messages that trackers publish on channels of `node:diagnostics_channel`, by channel name. Metrics and tracing can see
 * every tracker of the process this way, without a reference to it.
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
  /** Presences joined or left, on this node or another: the numbers of a `diff` event. An update is one join and one leave. */
  "rollcall:diff": DiagnosticsOrigin & {
    readonly joins: number;
    readonly leaves: number;
    readonly cause: Cause;
  };
  /** The node published a message. `to` is the id of the replica that it is for, or `undefined` if it is for all. */
  "rollcall:message:sent": DiagnosticsOrigin & { readonly bytes: number; readonly to: string | undefined };
  /** A message arrived; a node also receives its own messages. `from` is `undefined` if the node refused the message. */
  "rollcall:message:received": DiagnosticsOrigin & {
    readonly bytes: number;
    readonly from: ReplicaIdentity | undefined;
  };
  /** A replica came up, went down or was forgotten, as in the events `replica-up`, `replica-down` and `replica-permdown`. */
  "rollcall:replica": DiagnosticsOrigin & {
    readonly status: "up" | "down" | "permdown";
    readonly replica: ReplicaIdentity;
  };
  /** This node and the others have not heard each other for `downPeriodMs`, or do again, as in the event `hearing`. */
  "rollcall:hearing": DiagnosticsOrigin & { readonly hearing: Hearing };
  /** The tracker found a problem and handled it, as in the event `warning`. */
  "rollcall:warning": DiagnosticsOrigin & { readonly error: RollcallError };
  /** The transport failed, or nobody was heard for long, as in the event `error`. */
  "rollcall:error": DiagnosticsOrigin & { readonly error: RollcallError };
}

/** Node keeps only weak references to channels and would drop their subscribers: this object keeps them. */
const channels: { readonly [Name in keyof Diagnostics]: Channel } = {
  "rollcall:diff": channel("rollcall:diff"),
  "rollcall:message:sent": channel("rollcall:message:sent"),
  "rollcall:message:received": channel("rollcall:message:received"),
  "rollcall:replica": channel("rollcall:replica"),
  "rollcall:hearing": channel("rollcall:hearing"),
  "rollcall:warning": channel("rollcall:warning"),
  "rollcall:error": channel("rollcall:error"),
};

/** A message without its origin. */
export type DiagnosticsPayload<Name extends keyof Diagnostics> = Omit<
  Diagnostics[Name],
  keyof DiagnosticsOrigin
>;

/**
 * Whether a channel has subscribers. Check it before you make a message: without subscribers this check is the only cost.
 */
export function hasSubscribers(name: keyof Diagnostics): boolean {
  return channels[name].hasSubscribers;
}

/** Publishes a message. Node makes the error of a subscriber an uncaught exception, so it never throws here. */
export function publishDiagnostics<Name extends keyof Diagnostics>(
  name: Name,
  origin: DiagnosticsOrigin,
  payload: DiagnosticsPayload<Name>,
): void {
  channels[name].publish({ ...origin, ...payload });
}
