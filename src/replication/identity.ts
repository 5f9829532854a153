import type { ReplicaIncarnation } from "../wire/replica-message.ts";
import { compareIncarnations } from "./member.ts";

interface IdentityOptions {
  readonly self: ReplicaIncarnation;
  readonly newId: () => string;
  /** For how long a later start of our name must be spoken of, unheard, until we believe in it, in ms. */
  readonly shadowMs: number;
}

/**
 * Who we are. It changes when another process turns out to be us too: under our name, or, after a snapshot of the machine
 * was restored, under our id.
 */
export class Identity {
  readonly #name: string;
  readonly #newId: () => string;
  readonly #shadowMs: number;
  #self: ReplicaIncarnation;
  /** A later start of our name that others speak of: since when, and when last. */
  #shadow: { readonly id: string; readonly since: number; last: number } | undefined = undefined;

  constructor({ self, newId, shadowMs }: IdentityOptions) {
    this.#self = self;
    this.#name = self.name;
    this.#newId = newId;
    this.#shadowMs = shadowMs;
  }

  get self(): ReplicaIncarnation {
    return this.#self;
  }

  isOurs(id: string): boolean {
    return id === this.#self.id;
  }

  /** Whether this is another start under our name; `later` where it began after us. */
  namesake(other: ReplicaIncarnation): "earlier" | "later" | undefined {
    if (other.name !== this.#self.name) return undefined;
    return compareIncarnations(other, this.#self) < 0 ? "earlier" : "later";
  }

  /**
   * Somebody says that this start is up. Whether it is a later one of our name that we never hear: then it is no more, our
   * clock went back over a restart, and nobody listens to us because of it.
   */
  isStaleNamesake(other: ReplicaIncarnation, now: number): boolean {
    if (this.namesake(other) !== "later") return false;
    if (this.#shadow?.id !== other.id || now - this.#shadow.last > this.#shadowMs) {
      this.#shadow = { id: other.id, since: now, last: now };
    }
    this.#shadow.last = now;
    return now - this.#shadow.since >= this.#shadowMs;
  }

  /** We leave the name to the other, and go on under one of our own. */
  giveUpName(): void {
    const id = this.#newId();
    this.#become({ ...this.#self, id, name: `${this.#name}~${id}` });
  }

  /** We keep the name, as a start later than the other. */
  replaceNamesake(other: ReplicaIncarnation): void {
    this.#become({ ...this.#self, id: this.#newId(), startedAt: other.startedAt + 1 });
  }

  #become(self: ReplicaIncarnation): void {
    this.#self = self;
    this.#shadow = undefined;
  }
}
