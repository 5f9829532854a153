import type { PresenceSetOptions } from "../crdt/presence-set.ts";
import type { ReplicaIncarnation } from "../wire/replica-message.ts";

/** What a replica is made with. All times in ms, all of them checked before. */
export interface ReplicationOptions {
  /** Who we are at first. */
  readonly self: ReplicaIncarnation;
  /** The rhythm of everything that is not a local change. */
  readonly broadcastPeriodMs: number;
  /** After so many periods without a heartbeat, the next one brings one. */
  readonly maxSilentPeriods: number;
  /** Silence after which a replica is hidden. */
  readonly downPeriodMs: number;
  /** Silence after which it is forgotten. */
  readonly permdownPeriodMs: number;
  /** How long local changes wait for company; up to as much again is added by chance. */
  readonly flushDelayMs: number;
  /** How long the presences of an owner that ended wait before they leave. */
  readonly leaveDelayMs: number;
  /** From 0 to below 1: spreads what many replicas would otherwise do at once. */
  readonly random: () => number;
  /** An id that was never used. */
  readonly newId: () => string;
  /** Asked before each local join and update. */
  readonly admit?: PresenceSetOptions["admit"];
}
