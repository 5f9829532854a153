import type { Hearing } from "../../replication/events.ts";
import type { TrackerReplication } from "../../replication/tracker-replication.ts";
import type { ReplicaIncarnation } from "../../wire/replica-message.ts";
import type { ReplicaIdentity } from "../events/tracker-events.ts";

/**
 * A replica as this node knows it.
 *
 * @example
 * for (const { name, status, lag } of tracker.replicas()) console.log(name, status, lag);
 */
export interface ReplicaInfo {
  /** The `replicaName` of the node. */
  readonly name: string;
  /** Unique to this incarnation. */
  readonly id: string;
  /** `"down"`: it is silent and its presences are hidden. `"leaving"`: it has left and its presences linger. */
  readonly status: "up" | "down" | "leaving";
  /** Whether it is the replica of this node. */
  readonly isLocal: boolean;
  /** The time since its last message, in ms. */
  readonly lastHeardMs: number;
  /** How many of its presences this node has. */
  readonly presences: number;
  /** How many of the events that it announced are missing here. */
  readonly lag: number;
  /**
   * What is wrong between it and this node, for longer than `downPeriodMs`; missing while they hear each other. For the replica of
   * this node: `"deaf"` if it receives nothing, `"mute"` if the others do not receive what it sends, as in the event `hearing`. For
   * another replica: `"deaf"` if it is up but does not list this node.
   */
  readonly hearing?: Exclude<Hearing, "ok">;
}

/** The part of an incarnation that events show. */
export function identityOf({ name, id }: ReplicaIncarnation): ReplicaIdentity {
  return { name, id };
}

/** All known replicas, our own first. */
export function replicaInfos(
  { self, presences, members, lingering, hearing }: TrackerReplication,
  now: number,
): ReplicaInfo[] {
  const infos: ReplicaInfo[] = [
    {
      name: self.name,
      id: self.id,
      status: "up",
      isLocal: true,
      lastHeardMs: 0,
      presences: presences.countOfReplica(self.id),
      lag: 0,
      ...(hearing.status !== "ok" && { hearing: hearing.status }),
    },
  ];
  for (const { sender, status, heardAt, advertised } of members.all()) {
    infos.push({
      name: sender.name,
      id: sender.id,
      status,
      isLocal: false,
      lastHeardMs: now - heardAt,
      presences: presences.countOfReplica(sender.id),
      lag: advertised.without(presences.seenOf(sender.id)).size,
      ...(status === "up" && hearing.isUnheardBy(sender.id, now) && { hearing: "deaf" as const }),
    });
  }
  for (const { sender, heardAt } of lingering) {
    infos.push({
      name: sender.name,
      id: sender.id,
      status: "leaving",
      isLocal: false,
      lastHeardMs: now - heardAt,
      presences: presences.countOfReplica(sender.id),
      lag: 0,
    });
  }
  return infos;
}
