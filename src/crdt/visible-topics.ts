import type { PresenceMeta } from "../payload.ts";
import type { LiveEntry, TopicListing } from "./live-entry.ts";
import type { VisibilityListener } from "./slice.ts";
import { Topic } from "./topic.ts";

/** The entries that readers see, by topic: the tops of all shown slices. Counts are kept up to date, never computed. */
export class VisibleTopics implements VisibilityListener {
  readonly #topics = new Map<string, Topic>();
  readonly #topicOf: ((name: string) => TopicListing) | undefined;

  /** With `topicOf`, that lists the entries, and readers see none here. */
  constructor(topicOf?: (name: string) => TopicListing) {
    this.#topicOf = topicOf;
  }

  /** The topic of this name, for a new entry. A topic that no entry names yet is created. */
  topic(name: string): TopicListing {
    if (this.#topicOf !== undefined) return this.#topicOf(name);
    return this.#topics.get(name) ?? new Topic(name, this.#topics);
  }

  appeared(entry: LiveEntry): void {
    entry.listing.add(entry);
  }

  vanished(entry: LiveEntry): void {
    entry.listing.delete(entry);
  }

  topics(): string[] {
    return Array.from(this.#topics.values())
      .filter((topic) => topic.count > 0)
      .map((topic) => topic.name);
  }

  list(topic: string): [key: string, meta: PresenceMeta][] {
    return this.#topics.get(topic)?.list() ?? [];
  }

  metasOf(topic: string, key: string): PresenceMeta[] {
    return this.#topics.get(topic)?.metasOf(key) ?? [];
  }

  count(topic: string): number {
    return this.#topics.get(topic)?.count ?? 0;
  }

  countOf(topic: string, key: string): number {
    return this.#topics.get(topic)?.countOf(key) ?? 0;
  }

  keyCount(topic: string): number {
    return this.#topics.get(topic)?.keyCount ?? 0;
  }
}
