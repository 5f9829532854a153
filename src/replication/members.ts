import type { ReplicaIncarnation } from "../wire/replica-message.ts";
import { compareIncarnations, type Member, newMember } from "./member.ts";

/** A late message of one more might throw out a start that is there, until that one hears of it. */
const MOST_FORGOTTEN = 1_000;

/** `Members` for reading. */
export interface ReadonlyMembers {
  get(id: string): Readonly<Member> | undefined;
  up(id: string): Readonly<Member> | undefined;
  all(): Iterable<Readonly<Member>>;
}

/** The replicas that we have heard ourselves, one start a name. What others say of further ones counts for nothing. */
export class Members implements ReadonlyMembers {
  readonly #byId = new Map<string, Member>();
  readonly #byName = new Map<string, Member>();
  /** The ids of those that are gone, the latest of them. */
  readonly #forgotten = new Set<string>();

  get(id: string): Member | undefined {
    return this.#byId.get(id);
  }

  /** The start of this name that counts now. */
  named(name: string): Member | undefined {
    return this.#byName.get(name);
  }

  add(sender: ReplicaIncarnation, now: number): Member {
    const member = newMember(sender, now);
    this.#byId.set(sender.id, member);
    this.#byName.set(sender.name, member);
    return member;
  }

  delete({ sender }: Member): void {
    this.#byId.delete(sender.id);
    this.#byName.delete(sender.name);
    for (const { reportedSeen } of this.#byId.values()) reportedSeen.delete(sender.id);
  }

  /** It is gone. A message of its that comes later may be late, and may be a return. */
  forget(member: Member): void {
    this.delete(member);
    this.#forgotten.delete(member.sender.id);
    this.#forgotten.add(member.sender.id);
    if (this.#forgotten.size > MOST_FORGOTTEN) this.#forgotten.delete(this.#forgotten.values().next().value!);
  }

  all(): IterableIterator<Member> {
    return this.#byId.values();
  }

  /** The one of this id, where it is up. */
  up(id: string): Member | undefined {
    const member = this.#byId.get(id);
    return member?.status === "up" ? member : undefined;
  }

  allUp(): Member[] {
    return [...this.#byId.values()].filter(({ status }) => status === "up");
  }

  /**
   * Whether what this sender says counts for nothing, because a later start of its name is up. Where that one is down, it
   * may be the clock that lied: who speaks is there. And of a sender that we once took for gone a message is late, whatever
   * the clock said when it began.
   */
  isOutdated(sender: ReplicaIncarnation): boolean {
    const current = this.#byName.get(sender.name);
    if (current?.status !== "up" || current.sender.id === sender.id) return false;
    return compareIncarnations(sender, current.sender) < 0 || this.#forgotten.has(sender.id);
  }
}
