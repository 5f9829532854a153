import type { Diff, PresenceMeta } from "../../../payload.ts";
import type { Tracker } from "../../../tracker/tracker.ts";
import { contentOf } from "./content.ts";
import type { Ledger, TrackedPresence } from "./ledger.ts";

/** What the witness asks of the node whose tracker it watches. */
export interface AuditedNode {
  readonly ledger: Ledger;
  /** Writes a presence of our own down; `undefined` when it is none that we were asked to track. */
  claim(
    meta: PresenceMeta,
    topic: string,
    key: string,
    left: ReadonlySet<string>,
  ): TrackedPresence | undefined;
  /** Why a presence may not come in, if it may not. */
  whyJoinIsWrong(row: TrackedPresence): string | undefined;
  /** Why a presence should not have gone, or should have gone earlier. */
  whyLeaveIsWrong(row: TrackedPresence): string | undefined;
  /** A promise was broken. */
  broke(what: string): void;
}

/** Replays the diffs of a tracker, and holds them, and its lists and counts, to each other and to what was tracked. */
export class DiffAuditor {
  readonly #watched: AuditedNode;
  readonly #topics = new Map<string, Map<string, TrackedPresence>>();
  readonly #unsettled = new Map<string, Set<string>>();

  constructor(watched: AuditedNode) {
    this.#watched = watched;
  }

  /** All that is shown, by the diffs. */
  *shown(): Generator<TrackedPresence> {
    for (const rows of this.#topics.values()) yield* rows.values();
  }

  shows(row: TrackedPresence): boolean {
    return this.#topics.get(row.topic)?.has(row.ref) ?? false;
  }

  /** Takes in a diff. */
  replay(diff: Diff): void {
    for (const [topic, { joins, leaves }] of diff) {
      const rows = this.#rowsOf(topic);
      const left = new Set<string>();
      for (const [key, { metas }] of Object.entries(leaves)) {
        this.#touch(topic, key);
        for (const meta of metas) {
          left.add(meta.phx_ref);
          this.#leave(rows, topic, key, meta);
        }
      }
      for (const [key, { metas }] of Object.entries(joins)) {
        this.#touch(topic, key);
        for (const meta of metas) {
          if (left.has(meta.phx_ref)) this.#broke(`one diff has ${meta.phx_ref} in joins and in leaves`);
          this.#join(rows, topic, key, meta, left);
        }
      }
      if (rows.size === 0) this.#topics.delete(topic);
    }
  }

  /** Compares what the tracker lists and counts in the topics that changed with what its diffs say. */
  compare(tracker: Tracker): void {
    if (this.#unsettled.size === 0) return;
    for (const [topic, keys] of this.#unsettled) this.#compare(tracker, topic, keys);
    this.#unsettled.clear();
    const topics = tracker.topics();
    if (topics.length !== this.#topics.size || topics.some((topic) => !this.#topics.has(topic))) {
      this.#broke(
        `topics() is ${topics.join(", ")}; by its diffs it is ${[...this.#topics.keys()].join(", ")}`,
      );
    }
  }

  #leave(rows: Map<string, TrackedPresence>, topic: string, key: string, meta: PresenceMeta): void {
    const row = rows.get(meta.phx_ref);
    if (row === undefined || row.key !== key || row.content !== contentOf(meta)) {
      this.#broke(`${describe(topic, key, meta)} leaves, and was not shown`);
      return;
    }
    rows.delete(row.ref);
    const regret = this.#watched.whyLeaveIsWrong(row);
    if (regret !== undefined) this.#broke(`${describe(topic, key, meta)} leaves ${regret}`);
  }

  #join(
    rows: Map<string, TrackedPresence>,
    topic: string,
    key: string,
    meta: PresenceMeta,
    left: ReadonlySet<string>,
  ): void {
    this.#watched.ledger.joins++;
    const { phx_ref: ref, phx_ref_prev: previousRef } = meta;
    if (rows.has(ref)) this.#broke(`${describe(topic, key, meta)} joins, and was shown already`);
    const row = this.#watched.ledger.presences.get(ref) ?? this.#watched.claim(meta, topic, key, left);
    if (row === undefined) {
      this.#broke(`${describe(topic, key, meta)} joins, and was never tracked`);
      return;
    }
    const isAsTracked = row.topic === topic && row.key === key && row.content === contentOf(meta);
    if (!isAsTracked || row.previousRef !== previousRef) {
      this.#broke(
        `${describe(topic, key, meta)} joins, and was tracked as ${row.key} ${row.content} in ${row.topic}`,
      );
    }
    rows.set(ref, row);
    const refusal = this.#watched.whyJoinIsWrong(row);
    if (refusal !== undefined) this.#broke(`${describe(topic, key, meta)} joins ${refusal}`);
  }

  #compare(tracker: Tracker, topic: string, keys: ReadonlySet<string>): void {
    const rows = this.#topics.get(topic) ?? new Map<string, TrackedPresence>();
    const list = tracker.list(topic);
    const perKey = new Map<string, number>();
    for (const [key, meta] of list) {
      perKey.set(key, (perKey.get(key) ?? 0) + 1);
      if (rows.get(meta.phx_ref)?.key !== key) {
        this.#broke(`${describe(topic, key, meta)} is listed, and not there by the diffs`);
      }
    }
    if (list.length !== rows.size) {
      this.#broke(`${topic} lists ${list.length} presences; by the diffs it has ${rows.size}`);
    }
    this.#equals(`count(${topic})`, tracker.count(topic), list.length);
    this.#equals(`keyCount(${topic})`, tracker.keyCount(topic), perKey.size);
    for (const key of keys) {
      this.#equals(`count(${topic}, ${key})`, tracker.count(topic, key), perKey.get(key) ?? 0);
      this.#equals(`getByKey(${topic}, ${key})`, tracker.getByKey(topic, key).length, perKey.get(key) ?? 0);
    }
  }

  #equals(what: string, is: number, listed: number): void {
    if (is !== listed) this.#broke(`${what} is ${is}, and ${listed} are listed`);
  }

  #rowsOf(topic: string): Map<string, TrackedPresence> {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    const made = new Map<string, TrackedPresence>();
    this.#topics.set(topic, made);
    return made;
  }

  #touch(topic: string, key: string): void {
    const keys = this.#unsettled.get(topic);
    if (keys === undefined) this.#unsettled.set(topic, new Set([key]));
    else keys.add(key);
  }

  #broke(what: string): void {
    this.#watched.broke(what);
  }
}

function describe(topic: string, key: string, meta: PresenceMeta): string {
  return `${key} (${meta.phx_ref}) of ${topic}`;
}
