import type { Diff, PresenceMeta } from "../../../payload.ts";
import type { Tracker } from "../../../tracker/tracker.ts";
import { contentOf, type Ledger, type TrackedPresence } from "./ledger.ts";

/** The node whose tracker the auditor checks. */
export interface AuditedNode {
  readonly ledger: Ledger;
  /** Records a presence of this node. Returns `undefined` if the node was not asked to track it. */
  recordRef(
    meta: PresenceMeta,
    topic: string,
    key: string,
    left: ReadonlySet<string>,
  ): TrackedPresence | undefined;
  /** Records that a presence has left. */
  recordLeave(presence: TrackedPresence): void;
  /** Why a presence must not join, or `undefined` if it may. */
  whyJoinIsWrong(presence: TrackedPresence): string | undefined;
  /** Why a presence must not leave, or why it leaves too late. `undefined` if the leave is right. */
  whyLeaveIsWrong(presence: TrackedPresence): string | undefined;
  /** Reports a broken promise. */
  reportBrokenPromise(what: string): void;
}

/** Replays the diffs of a tracker, and compares them with its lists and counts and with what was tracked. */
export class DiffAuditor {
  readonly #audited: AuditedNode;
  readonly #topics = new Map<string, Map<string, TrackedPresence>>();
  readonly #changedKeys = new Map<string, Set<string>>();

  constructor(audited: AuditedNode) {
    this.#audited = audited;
  }

  /** The presences that the tracker shows, according to its diffs. */
  *shown(): Generator<TrackedPresence> {
    for (const presences of this.#topics.values()) yield* presences.values();
  }

  shows(presence: TrackedPresence): boolean {
    return this.#topics.get(presence.topic)?.has(presence.ref) ?? false;
  }

  /** Applies a diff. */
  replay(diff: Diff): void {
    for (const [topic, { joins, leaves }] of diff) {
      const presences = this.#presencesOf(topic);
      const left = new Set<string>();
      for (const [key, { metas }] of Object.entries(leaves)) {
        this.#markChanged(topic, key);
        for (const meta of metas) {
          left.add(meta.phx_ref);
          this.#leave(presences, topic, key, meta);
        }
      }
      for (const [key, { metas }] of Object.entries(joins)) {
        this.#markChanged(topic, key);
        for (const meta of metas) {
          if (left.has(meta.phx_ref))
            this.#report(`one diff has ${meta.phx_ref} both in joins and in leaves`);
          this.#join(presences, topic, key, meta, left);
        }
      }
      if (presences.size === 0) this.#topics.delete(topic);
    }
  }

  /** Compares the lists and counts of the topics that changed with the replayed diffs. */
  compare(tracker: Tracker): void {
    if (this.#changedKeys.size === 0) return;
    for (const [topic, keys] of this.#changedKeys) this.#compare(tracker, topic, keys);
    this.#changedKeys.clear();
    const topics = tracker.topics();
    if (topics.length !== this.#topics.size || topics.some((topic) => !this.#topics.has(topic))) {
      this.#report(
        `topics() returns ${topics.join(", ")}; the diffs say ${[...this.#topics.keys()].join(", ")}`,
      );
    }
  }

  #leave(presences: Map<string, TrackedPresence>, topic: string, key: string, meta: PresenceMeta): void {
    const presence = presences.get(meta.phx_ref);
    if (presence === undefined || presence.key !== key || presence.content !== contentOf(meta)) {
      this.#report(`${describe(topic, key, meta)} leaves, but was not shown`);
      return;
    }
    presences.delete(presence.ref);
    this.#audited.recordLeave(presence);
    const reason = this.#audited.whyLeaveIsWrong(presence);
    if (reason !== undefined) this.#report(`${describe(topic, key, meta)} leaves ${reason}`);
  }

  #join(
    presences: Map<string, TrackedPresence>,
    topic: string,
    key: string,
    meta: PresenceMeta,
    left: ReadonlySet<string>,
  ): void {
    this.#audited.ledger.joins++;
    const { phx_ref: ref, phx_ref_prev: previousRef } = meta;
    if (presences.has(ref)) this.#report(`${describe(topic, key, meta)} joins, but is shown already`);
    const presence =
      this.#audited.ledger.presences.get(ref) ?? this.#audited.recordRef(meta, topic, key, left);
    if (presence === undefined) {
      this.#report(`${describe(topic, key, meta)} joins, but was never tracked`);
      return;
    }
    const isAsTracked =
      presence.topic === topic && presence.key === key && presence.content === contentOf(meta);
    if (!isAsTracked || presence.previousRef !== previousRef) {
      this.#report(
        `${describe(topic, key, meta)} joins, but was tracked as ${presence.key} ${presence.content} in ${presence.topic}`,
      );
    }
    presences.set(ref, presence);
    const reason = this.#audited.whyJoinIsWrong(presence);
    if (reason !== undefined) this.#report(`${describe(topic, key, meta)} joins ${reason}`);
  }

  #compare(tracker: Tracker, topic: string, keys: ReadonlySet<string>): void {
    const presences = this.#topics.get(topic) ?? new Map<string, TrackedPresence>();
    const list = tracker.list(topic);
    const countByKey = new Map<string, number>();
    for (const [key, meta] of list) {
      countByKey.set(key, (countByKey.get(key) ?? 0) + 1);
      if (presences.get(meta.phx_ref)?.key !== key) {
        this.#report(`${describe(topic, key, meta)} is listed, but not shown by the diffs`);
      }
    }
    if (list.length !== presences.size) {
      this.#report(`${topic} lists ${list.length} presences; the diffs say ${presences.size}`);
    }
    this.#expectCount(`count(${topic})`, tracker.count(topic), list.length);
    this.#expectCount(`keyCount(${topic})`, tracker.keyCount(topic), countByKey.size);
    for (const key of keys) {
      this.#expectCount(`count(${topic}, ${key})`, tracker.count(topic, key), countByKey.get(key) ?? 0);
      this.#expectCount(
        `getByKey(${topic}, ${key})`,
        tracker.getByKey(topic, key).length,
        countByKey.get(key) ?? 0,
      );
    }
  }

  #expectCount(what: string, actual: number, listed: number): void {
    if (actual !== listed) this.#report(`${what} returns ${actual}, but the list has ${listed}`);
  }

  #presencesOf(topic: string): Map<string, TrackedPresence> {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    const added = new Map<string, TrackedPresence>();
    this.#topics.set(topic, added);
    return added;
  }

  #markChanged(topic: string, key: string): void {
    const keys = this.#changedKeys.get(topic);
    if (keys === undefined) this.#changedKeys.set(topic, new Set([key]));
    else keys.add(key);
  }

  #report(what: string): void {
    this.#audited.reportBrokenPromise(what);
  }
}

function describe(topic: string, key: string, meta: PresenceMeta): string {
  return `${key} (${meta.phx_ref}) of ${topic}`;
}
