import type { PresenceSet } from "../../src/crdt/index.ts";
import type { Meta } from "../../src/payload.ts";
import { Random } from "./random.ts";

const TOPICS = 1_000;
const KEY_LENGTH = 21;
const CHARACTERS = Buffer.from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

/** A presence that is about to join. */
export interface Person {
  readonly owner: number;
  readonly topic: string;
  readonly key: string;
  readonly meta: Meta;
}

/**
 * An endless stream of typical people, the same in each run. Each is in one of a thousand topics at random, with its own
 * owner, a 21-character key and a unique meta such as `{ name: "user123" }`.
 *
 * Every string is new and flat, as if it had arrived in a message. V8 stores a concatenated string as a tree of its
 * parts, which is larger.
 */
export class PersonStream {
  readonly topics: readonly string[];
  readonly #random: Random;
  #count = 0;

  constructor(seed = 1, topics: number = TOPICS) {
    this.#random = new Random(seed);
    this.topics = Array.from({ length: topics }, (_, at) => flat(`room:${at}`));
  }

  next(topic: string = this.topics[this.#random.below(this.topics.length)]!): Person {
    const meta = { name: flat(`user${inBase62(this.#count++).padStart(3, "0")}`) };
    return { owner: this.#count, topic, key: this.#key(), meta };
  }

  take(count: number): Person[] {
    return Array.from({ length: count }, () => this.next());
  }

  #key(): string {
    const key = Buffer.allocUnsafe(KEY_LENGTH);
    for (let at = 0; at < KEY_LENGTH; at++) key[at] = CHARACTERS[this.#random.below(CHARACTERS.length)]!;
    return key.toString("latin1");
  }
}

export function joinAll(set: PresenceSet, people: readonly Person[]): void {
  for (const { owner, topic, key, meta } of people) set.join(owner, topic, key, meta);
}

export function leaveAll(set: PresenceSet, people: readonly Person[]): void {
  for (const { owner, topic, key } of people) set.leave(owner, topic, key);
}

function inBase62(number: number): string {
  const base = CHARACTERS.length;
  const last = String.fromCharCode(CHARACTERS[number % base]!);
  return number < base ? last : inBase62(Math.floor(number / base)) + last;
}

function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
