import type { ReplicaIncarnation } from "../wire/replica-message.ts";
import { compareIncarnations, type Member, newMember } from "./member.ts";

/** The maximum number of ids of forgotten replicas. Beyond it, the oldest is dropped. */
const MAX_FORGOTTEN = 1_000;

/** `Members` for reading. */
export interface ReadonlyMembers {
  get(id: string): Readonly<Member> | undefined;
  getUp(id: string): Readonly<Member> | undefined;
  all(): Iterable<Readonly<Member>>;
}

/**
 * The peers that this replica has heard directly, one incarnation per name. A replica that is only mentioned by others is
 * not among them.
 */
export class Members implements ReadonlyMembers {
  readonly #byId = new Map<string, Member>();
  readonly #byName = new Map<string, Member>();
  /** The ids of the replicas that were forgotten last. */
  readonly #forgotten = new Set<string>();

  get(id: string): Member | undefined {
    return this.#byId.get(id);
  }

  get size(): number {
    return this.#byId.size;
  }

  /**
   * The peer to forget first: the one that was down and silent for longest, or else the oldest that is up and sent a single
   * message only. A peer that is alive has sent more.
   */
  mostDispensable(): Member | undefined {
    let longestDown: Member | undefined;
    let oldestUnconfirmed: Member | undefined;
    for (const member of this.#byId.values()) {
      if (
        member.status === "down" &&
        !(longestDown !== undefined && longestDown.silentSince <= member.silentSince)
      )
        longestDown = member;
      if (!member.isConfirmed) oldestUnconfirmed ??= member;
    }
    return longestDown ?? oldestUnconfirmed;
  }

  /** The current incarnation of this name. */
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
  }

  /** Deletes a replica and remembers its id. A later message of it may be late, or the replica may have come back. */
  forget(member: Member): void {
    this.delete(member);
    this.#forgotten.delete(member.sender.id);
    this.#forgotten.add(member.sender.id);
    if (this.#forgotten.size > MAX_FORGOTTEN) this.#forgotten.delete(this.#forgotten.values().next().value!);
  }

  all(): IterableIterator<Member> {
    return this.#byId.values();
  }

  /** The replica with this id, if it is up. */
  getUp(id: string): Member | undefined {
    const member = this.#byId.get(id);
    return member?.status === "up" ? member : undefined;
  }

  /** How many times as long as ours the longest heartbeat interval of all peers counts. */
  get maxSlowness(): number {
    let max = 1;
    for (const { slowness } of this.#byId.values()) max = Math.max(max, slowness);
    return max;
  }

  allUp(): Member[] {
    return [...this.#byId.values()].filter(({ status }) => status === "up");
  }

  /**
   * Whether to ignore a sender because another incarnation of its name is up. That is the case if the sender started
   * earlier, and also if it was forgotten before: then its message is probably late, whatever the clocks say. An incarnation
   * that is down never blocks a sender: the sender is alive, so the clock may have been wrong.
   */
  isOutdated(sender: ReplicaIncarnation): boolean {
    const current = this.#byName.get(sender.name);
    if (current?.status !== "up" || current.sender.id === sender.id) return false;
    return compareIncarnations(sender, current.sender) < 0 || this.#forgotten.has(sender.id);
  }
}
