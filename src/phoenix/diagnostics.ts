import { type Channel, channel } from "node:diagnostics_channel";
import type { ErrorOrigin, RefusalReason } from "./error-origin.ts";

/**
 * The messages that endpoints publish on channels of `node:diagnostics_channel`, by channel name. They are not rate-limited, so they
 * can be counted.
 *
 * @example
 * import { subscribe } from "node:diagnostics_channel";
 *
 * subscribe("rollcall:connection:refused", (message) => {
 *   const { clusterName, reason } = message as EndpointDiagnostics["rollcall:connection:refused"];
 *   refusals.inc({ clusterName, reason });
 * });
 */
export interface EndpointDiagnostics {
  /** A client, or a message of it, was refused. `status` is that of the HTTP answer, and `closeCode` that of the WebSocket. */
  "rollcall:connection:refused": ErrorOrigin & {
    /** The `clusterName` of the endpoint. */
    readonly clusterName: string;
    readonly reason: RefusalReason;
    readonly status?: number;
    readonly closeCode?: number;
  };
}

/** Node keeps only weak references to channels and would drop their subscribers: this constant keeps it. */
const refused: Channel = channel("rollcall:connection:refused");

/** Publishes a refusal. Node makes the error of a subscriber an uncaught exception, so it never throws here. */
export function publishRefusal(message: EndpointDiagnostics["rollcall:connection:refused"]): void {
  if (refused.hasSubscribers) refused.publish(message);
}
