import { RollcallError } from "../errors.ts";

/**
 * A replica sends heartbeats at another interval than this node, because its `broadcastPeriodMs` or `maxSilentPeriods` differs. It
 * is emitted as a `warning`, once for each interval: this node judges the silence of the replica by the longer interval of the
 * two, up to ten times its own. A deploy that changes the periods causes it too, and then it is harmless.
 *
 * @example
 * tracker.on("warning", (warning) => {
 *   if (warning.code === "HEARTBEAT_INTERVAL") console.error(warning.message);
 * });
 */
export class HeartbeatIntervalError extends RollcallError {
  readonly code = "HEARTBEAT_INTERVAL";

  override get name(): string {
    return "HeartbeatIntervalError";
  }
  /** The longest time between two heartbeats of the replica, in ms. */
  readonly heartbeatIntervalMs: number;
  /** The same of this node, in ms. */
  readonly ownHeartbeatIntervalMs: number;

  constructor(
    name: string,
    heartbeatIntervalMs: number,
    ownHeartbeatIntervalMs: number,
    maxSlowness: number,
  ) {
    const isTooSlow = heartbeatIntervalMs > maxSlowness * ownHeartbeatIntervalMs;
    super(
      `Replica ${JSON.stringify(name)} sends a heartbeat every ${heartbeatIntervalMs} ms, and this node every ` +
        `${ownHeartbeatIntervalMs} ms. ` +
        (isTooSlow
          ? `That is more than ${maxSlowness} times as long, so this node may take the replica for down although it is alive. `
          : "The node with the shorter interval waits longer for the other one. ") +
        "Give all nodes the same broadcastPeriodMs and maxSilentPeriods, unless a deploy is changing them now.",
    );
    this.heartbeatIntervalMs = heartbeatIntervalMs;
    this.ownHeartbeatIntervalMs = ownHeartbeatIntervalMs;
  }
}

/**
 * This node has subscribed again because its own messages do not come back, and still none came back. It is emitted as a
 * `warning`, once in the life of a tracker: the node tries again with exponential backoff, and shows the other nodes as they were.
 *
 * @example
 * tracker.on("warning", (warning) => {
 *   if (warning.code === "RESUBSCRIBING") console.error(warning.message);
 * });
 */
export class ResubscribingError extends RollcallError {
  readonly code = "RESUBSCRIBING";

  override get name(): string {
    return "ResubscribingError";
  }

  constructor() {
    super(
      "The messages of this node do not come back to it, also after it has subscribed again. It tries again ever more rarely. " +
        "Check that the broker delivers messages to their own publisher, and in less time than a heartbeat interval.",
    );
  }
}

/**
 * There are more replicas than `maxReplicas`. It is emitted as a `warning`, once in the life of a tracker: this node forgets
 * replicas that are down and those that sent a single message only, and ignores new ones if all others are alive.
 *
 * @example
 * tracker.on("warning", (warning) => {
 *   if (warning.code === "TOO_MANY_REPLICAS") console.error(warning.message);
 * });
 */
export class TooManyReplicasError extends RollcallError {
  readonly code = "TOO_MANY_REPLICAS";

  override get name(): string {
    return "TooManyReplicasError";
  }

  constructor(maxReplicas: number) {
    super(
      `There are more than ${maxReplicas} other replicas; this node keeps at most ${maxReplicas}. It forgets those that are silent, ` +
        "and ignores new ones if no other is. Raise maxReplicas if the cluster is that large. Otherwise look for a program that " +
        "publishes to the same topics.",
    );
  }
}

/**
 * This node and the other nodes have not heard each other for `downPeriodMs`, although no call has failed. A tracker emits it as an
 * `error` event, once for each outage, keeps working, and tries to repair it. The event `hearing` reports the end of the outage.
 *
 * @example
 * tracker.on("error", (error) => {
 *   if ((error as RollcallError).code === "NOT_HEARD") pager.alert(error.message);
 * });
 */
export class NotHeardError extends RollcallError {
  readonly code = "NOT_HEARD";

  override get name(): string {
    return "NotHeardError";
  }
  /** `"deaf"`: this node receives nothing, not even its own messages. `"mute"`: the other nodes do not receive what it sends. */
  readonly hearing: "deaf" | "mute";

  constructor(hearing: "deaf" | "mute", forMs: number, isConnected: boolean) {
    const problem =
      hearing === "mute"
        ? "This node is mute: it receives messages of other nodes, but its own do not arrive, neither there nor here."
        : isConnected
          ? "This node is deaf: it receives nothing, not even its own messages, although the transport seems to be connected."
          : "This node is deaf: the transport is not connected.";
    super(
      `${problem} This has lasted ${Math.round(forMs / 1_000)} s. Each side sees only its own presences. Check the ` +
        "connection and the permissions of this node, and that all clients of the pub/sub are connected to the same broker.",
    );
    this.hearing = hearing;
  }
}

/**
 * A node of this `clusterName` replicates presences, and this node replicates counts, or the other way round. It is emitted as a
 * `warning`, once for each incarnation of the other node: neither node sees what the other one holds.
 *
 * @example
 * presence.on("warning", (warning) => {
 *   if (warning.code === "REPLICATE_MODE") console.error(warning.message);
 * });
 */
export class ReplicateModeError extends RollcallError {
  readonly code = "REPLICATE_MODE";

  override get name(): string {
    return "ReplicateModeError";
  }
  /** The name and id of the other node. */
  readonly replica: { readonly name: string; readonly id: string };

  constructor(replica: { readonly name: string; readonly id: string }, mode: string, ownMode: string) {
    super(
      `Replica ${JSON.stringify(replica.name)} replicates ${mode}, and this node replicates ${ownMode}. They ignore each ` +
        "other. Give all nodes of a cluster the same replicate option; to change it in a running cluster, use a new clusterName.",
    );
    this.replica = replica;
  }
}
