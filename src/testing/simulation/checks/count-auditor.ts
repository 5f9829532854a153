import type { Meta } from "../../../payload.ts";
import type { Counts } from "../../../presence/count-only.ts";
import type { Presence } from "../../../presence/presence.ts";
import type { ProjectedDiff } from "../../../presence/presence-events.ts";
import { CountView } from "../../../replication/counts/count-view.ts";
import type { TrackerCore } from "../../../tracker/tracker-core.ts";
import type { ClusterContext } from "../cluster-context.ts";
import type { IncarnationRecord, TrackedPresence } from "./ledger.ts";
import type { PlacedNumber } from "./number-history.ts";
import type { OwnedPresences } from "./owned-presences.ts";

/** The node whose counts the auditor checks. */
interface CountingNode {
  readonly label: string;
  readonly incarnation: IncarnationRecord;
  readonly ownedPresences: OwnedPresences;
  /** Records that a presence of this process has left. */
  recordOwnLeave(presence: TrackedPresence): void;
  /** Reports a broken promise. */
  reportBrokenPromise(what: string): void;
}

/**
 * Compares the counts of a node after each step with its diffs, with what its own owners hold, and with what the other
 * replicas have published.
 */
export class CountAuditor {
  readonly #process: CountingNode;
  readonly #cluster: ClusterContext;
  readonly #presence: Presence<Meta, Counts<string>>;
  readonly #core: TrackerCore;
  readonly #view: CountView;
  /** The sums of all diffs that readers got, by topic and then by key. */
  readonly #told = new Map<string, Map<string, number>>();
  #held: ReadonlySet<TrackedPresence> = new Set();
  #comparedAfter = { actionCount: -1, changeCount: -1 };
  /** Presences of this process whose owners have ended, and that are counted still. */
  readonly #waiting = new Set<TrackedPresence>();
  /** How many presences this process had when the waiting ones were last looked for. */
  #ownCount = 0;

  constructor(
    process: CountingNode,
    cluster: ClusterContext,
    core: TrackerCore,
    presence: Presence<Meta, Counts<string>>,
  ) {
    const { presences } = core.replication;
    if (!(presences instanceof CountView)) throw new TypeError("The node replicates no counts.");
    this.#process = process;
    this.#cluster = cluster;
    this.#presence = presence;
    this.#core = core;
    this.#view = presences;
  }

  /** Applies a diff. */
  replay(diff: ProjectedDiff<Counts<string>>): void {
    for (const [topic, { joins, leaves }] of diff) {
      const told = this.#told.get(topic) ?? new Map<string, number>();
      this.#told.set(topic, told);
      for (const key of Object.keys(joins)) {
        const [came, went] = [joins[key]!.count, leaves[key]!.count];
        if (came > 0) this.#cluster.ledger.joins++;
        if (came < 0 || went < 0 || (came > 0 && went > 0))
          this.#report(`one diff has ${came} joins and ${went} leaves of ${key} in ${topic}`);
        told.set(key, (told.get(key) ?? 0) + came - went);
      }
    }
  }

  /** Looks for presences that wait no more. Outside calls of owners none joins, so if there are as many as before, none has left. */
  followWaiting(): void {
    const { ownedPresences, incarnation } = this.#process;
    const ownCount = this.#view.countOfReplica(incarnation.id);
    if (ownCount === this.#ownCount && !ownedPresences.isInCall) return;
    this.#ownCount = ownCount;
    for (const presence of this.#waiting) {
      const { owner, ref } = presence;
      if (this.#core.local.presencesOf(owner).some(({ meta }) => meta.phx_ref === ref)) continue;
      this.#waiting.delete(presence);
      this.#process.recordOwnLeave(presence);
    }
  }

  /** Compares all counts, unless neither the node nor its owners have done anything since the last time. */
  compareAfter(actionCount: number): void {
    this.followWaiting();
    const { changeCount } = this.#process.ownedPresences;
    if (actionCount === this.#comparedAfter.actionCount && changeCount === this.#comparedAfter.changeCount)
      return;
    this.#comparedAfter = { actionCount, changeCount };
    this.compare();
  }

  /** Compares all counts. */
  compare(): void {
    this.recordPublished();
    this.#followOwners();
    const others = this.#numbersOfOthers();
    const topics = new Set([...this.#presence.topics(), ...this.#told.keys(), ...others.keys()]);
    for (const topic of topics) this.#compareTopic(topic, others.get(topic) ?? new Map());
    const listed = this.#presence.topics();
    for (const topic of listed)
      if (this.#view.count(topic) === 0) this.#report(`lists ${topic}, which is empty`);
  }

  /** Records the numbers that this node has published. Closing publishes the last ones. */
  recordPublished(): void {
    const { id } = this.#process.incarnation;
    this.#cluster.ledger.numbersOf(id).record(this.#view.numbersOf(id), this.#cluster.now);
  }

  /** The numbers of a replica that this node knows, as one text. */
  numbersText(replica: string): string {
    return this.#view
      .numbersOf(replica)
      .map(({ topic, key, n }) => JSON.stringify([topic, key, n]))
      .sort()
      .join();
  }

  /** The numbers of a replica that are part of the sums. */
  shownOf(replica: string): readonly PlacedNumber[] {
    return this.#view.isShown(replica) ? this.#view.numbersOf(replica) : [];
  }

  /** The ids of the other replicas whose numbers are part of the sums. */
  *shownReplicas(): Generator<string> {
    for (const replica of this.#view.replicas())
      if (replica !== this.#process.incarnation.id && this.#view.isShown(replica)) yield replica;
  }

  count(topic: string, key: string): number {
    return this.#presence.count(topic, key);
  }

  #compareTopic(topic: string, others: ReadonlyMap<string, number>): void {
    const told = this.#told.get(topic) ?? new Map<string, number>();
    const counts = this.#presence.counts(topic);
    let total = 0;
    let keyCount = 0;
    for (const key of new Set([...Object.keys(counts), ...others.keys()])) {
      const count = this.#presence.count(topic, key);
      total += count;
      keyCount += Number(count > 0);
      if (!Number.isInteger(count) || count < 0) this.#report(`counts ${count} of ${key} in ${topic}`);
      if (counts[key]?.count !== count || (told.get(key) ?? 0) !== count)
        this.#report(
          `counts ${count} of ${key} in ${topic}; the state says ${counts[key]?.count}, and the diffs ${told.get(key) ?? 0}`,
        );
      this.#compareOwn(topic, key, count - (others.get(key) ?? 0));
    }
    if (this.#presence.count(topic) !== total || this.#presence.keyCount(topic) !== keyCount)
      this.#report(`counts ${this.#presence.count(topic)} in ${topic}, but ${total} by key`);
  }

  /** What is left of a sum without the other replicas must be our own presences, of which those that wait may be gone. */
  #compareOwn(topic: string, key: string, own: number): void {
    const isHere = (presence: TrackedPresence) => presence.topic === topic && presence.key === key;
    const held = [...this.#held].filter(isHere).length;
    const waiting = [...this.#waiting].filter(isHere).length;
    if (own < held || own > held + waiting)
      this.#report(
        `counts ${own} of its own of ${key} in ${topic}, but ${held} are held, and at most ${waiting} wait`,
      );
  }

  /** The sums of all other replicas that are shown, by topic and then by key. */
  #numbersOfOthers(): Map<string, Map<string, number>> {
    const sums = new Map<string, Map<string, number>>();
    const left = new Set(Array.from(this.#core.replication.lingering, ({ sender }) => sender.id));
    for (const replica of this.shownReplicas()) {
      const history = this.#cluster.ledger.numbersOf(replica);
      const isGone = left.has(replica);
      for (const number of this.#view.numbersOf(replica)) {
        const { topic, key, n } = number;
        // Newcomers take the places of presences of a replica that has left.
        if (!isGone && n < 1) this.#report(`keeps an entry for ${n} of ${key} in ${topic} at ${replica}`);
        if (!isGone && !history.includes(number))
          this.#report(`counts ${n} of ${key} in ${topic} at ${replica}, which it never published`);
        const keys = sums.get(topic) ?? new Map<string, number>();
        sums.set(topic, keys.set(key, (keys.get(key) ?? 0) + n));
      }
    }
    return sums;
  }

  #followOwners(): void {
    const { now, slackMs } = this.#cluster;
    const { held } = this.#process.ownedPresences;
    for (const presence of this.#held)
      if (!held.has(presence) && presence.endsAt > now) this.#waiting.add(presence);
    this.#held = new Set(held);
    const { observer } = this.#cluster.troubleFreeSince(this.#process.label, this.#process.label);
    for (const presence of this.#waiting)
      if (held.has(presence) || now > Math.max(presence.endsAt, observer) + slackMs)
        this.#waiting.delete(presence);
  }

  #report(what: string): void {
    this.#process.reportBrokenPromise(what);
  }
}
