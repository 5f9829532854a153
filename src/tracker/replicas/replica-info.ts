import type { Replication } from "../../replication/replication.ts";
import type { ReplicaIncarnation } from "../../wire/replica-message.ts";
import type { ReplicaIdentity } from "../events/tracker-events.ts";

/**
 * What a tracker knows of a replica.
 *
 * @example
 * for (const { name, status, lag } of tracker.replicas()) console.log(name, status, lag);
 */
export interface ReplicaInfo {
  /** Its `replicaName`. */
  readonly name: string;
  /** Unique to this start of it. */
  readonly id: string;
  /** `"down"`: silent, its presences are hidden. `"leaving"`: gone for good, its presences linger. */
  readonly status: "up" | "down" | "leaving";
  /** Whether it is this tracker. */
  readonly isLocal: boolean;
  /** How long ago it was last heard, in ms. */
  readonly lastHeardMs: number;
  /** How many presences of it we hold. */
  readonly presences: number;
  /** How many of its events, of which it told us, we have not seen. */
  readonly lag: number;
}

/** Of all that a replica says of itself, what events tell. */
export function identityOf({ name, id }: ReplicaIncarnation): ReplicaIdentity {
  return { name, id };
}

/** Ours first. */
export function replicaInfos(
  { self, presences, members, lingering }: Replication,
  now: number,
): ReplicaInfo[] {
  const infos: ReplicaInfo[] = [
    {
      name: self.name,
      id: self.id,
      status: "up",
      isLocal: true,
      lastHeardMs: 0,
      presences: presences.sizeOf(self.id),
      lag: 0,
    },
  ];
  for (const { sender, status, heardAt, advertised } of members.all()) {
    infos.push({
      name: sender.name,
      id: sender.id,
      status,
      isLocal: false,
      lastHeardMs: now - heardAt,
      presences: presences.sizeOf(sender.id),
      lag: advertised.without(presences.seenOf(sender.id)).size,
    });
  }
  for (const { sender, heardAt } of lingering) {
    infos.push({
      name: sender.name,
      id: sender.id,
      status: "leaving",
      isLocal: false,
      lastHeardMs: now - heardAt,
      presences: presences.sizeOf(sender.id),
      lag: 0,
    });
  }
  return infos;
}
