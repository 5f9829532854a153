import type { ReplicaIncarnation } from "../wire/replica-message.ts";
import { compareIncarnations } from "./member.ts";

/** The largest `startedAt` that a message carries: `MAX_COUNTER` of the wire. */
const MAX_STARTED_AT = 2 ** 50 - 1;

interface IdentityOptions {
  readonly self: ReplicaIncarnation;
  readonly newId: () => string;
}

/** The identity of this replica. It changes when another process turns out to use its name or its id. */
export class Identity {
  readonly #name: string;
  readonly #newId: () => string;
  #self: ReplicaIncarnation;
  /** The later incarnation of our name that peers list: since when, and when last. */
  #listedNamesake: { readonly id: string; readonly since: number; last: number } | undefined = undefined;

  constructor({ self, newId }: IdentityOptions) {
    this.#self = self;
    this.#name = self.name;
    this.#newId = newId;
  }

  get self(): ReplicaIncarnation {
    return this.#self;
  }

  isOwnId(id: string): boolean {
    return id === this.#self.id;
  }

  /** Whether `other` is an earlier or a later incarnation of our name. `undefined` if it has another name. */
  namesake(other: ReplicaIncarnation): "earlier" | "later" | undefined {
    if (other.name !== this.#self.name) return undefined;
    return compareIncarnations(other, this.#self) < 0 ? "earlier" : "later";
  }

  /**
   * Call this when a peer lists `other` as up. Returns whether `other` is a later incarnation of our name that is dead:
   * peers have listed it for `timeoutMs`, and it has sent nothing. Then the clock of this machine went back over a
   * restart, and peers ignore this replica because it seems to be the earlier one.
   */
  isStaleNamesake(other: ReplicaIncarnation, now: number, timeoutMs: number): boolean {
    if (this.namesake(other) !== "later") return false;
    if (this.#listedNamesake?.id !== other.id || now - this.#listedNamesake.last > timeoutMs) {
      this.#listedNamesake = { id: other.id, since: now, last: now };
    }
    this.#listedNamesake.last = now;
    return now - this.#listedNamesake.since >= timeoutMs;
  }

  /** Takes a new id and the name `name~id`, so that another process can keep the name. */
  giveUpName(): void {
    const id = this.#newId();
    this.#become({ ...this.#self, id, name: `${this.#name}~${id}` });
  }

  /**
   * Takes a new id and keeps the name, as an incarnation later than `other`. If `other` has the largest time that a message
   * carries, the ids decide which is later.
   */
  replaceNamesake(other: ReplicaIncarnation): void {
    const startedAt = Math.min(other.startedAt + 1, MAX_STARTED_AT);
    this.#become({ ...this.#self, id: this.#newId(), startedAt });
  }

  #become(self: ReplicaIncarnation): void {
    this.#self = self;
    this.#listedNamesake = undefined;
  }
}
