import type { PresenceMeta } from "../../../payload.ts";
import type { IncarnationRecord, Ledger, TrackedPresence } from "./ledger.ts";

/** A presence that a caller asked for, before its ref is known. */
export interface RequestedPresence {
  readonly owner: string;
  readonly topic: string;
  readonly key: string;
  readonly content: string;
}

/** The model of one process: a plain set of the presences that its owners hold. */
export class OwnedPresences {
  readonly held: Set<TrackedPresence> = new Set();
  /** How many calls have added or removed presences so far. */
  changeCount = 0;
  readonly #ledger: Ledger;
  readonly #afterCall: () => void;
  #request: RequestedPresence | undefined;

  /** `afterCall` is called after each call, while the call still counts as running. */
  constructor(ledger: Ledger, afterCall: () => void = () => {}) {
    this.#ledger = ledger;
    this.#afterCall = afterCall;
  }

  /** Whether a call is running, which may add and remove presences of this process. */
  get isInCall(): boolean {
    return this.#request !== undefined;
  }

  /** Whether the running call may end a presence: it replaces that one, or ends presences. */
  isEnding({ owner, topic, key }: TrackedPresence): boolean {
    const request = this.#request;
    if (request === undefined || request === RELEASE) return request === RELEASE;
    return request.owner === owner && request.topic === topic && request.key === key;
  }

  get(owner: string, topic: string, key: string): TrackedPresence | undefined {
    for (const presence of this.held) {
      if (presence.owner === owner && presence.topic === topic && presence.key === key) return presence;
    }
    return undefined;
  }

  /** The presences that an owner holds: all of them, or the one of a topic and a key. */
  heldBy(owner: string, topic?: string, key?: string): TrackedPresence[] {
    if (topic !== undefined && key !== undefined)
      return [this.get(owner, topic, key)].filter((presence) => presence !== undefined);
    return [...this.held].filter((presence) => presence.owner === owner);
  }

  /** Runs a call that tracks or updates a presence, and records the result. */
  hold(request: RequestedPresence, call: () => string, now: number): string {
    const before = this.get(request.owner, request.topic, request.key);
    this.#request = request;
    this.changeCount++;
    try {
      const ref = call();
      this.#afterCall();
      const presence = this.#ledger.presences.get(ref);
      if (presence !== undefined) {
        if (before !== undefined && before !== presence) this.#end(before, now);
        this.#endReplaced(request, presence, now);
        presence.endsAt = Number.POSITIVE_INFINITY;
        this.held.add(presence);
      }
      return ref;
    } finally {
      this.#request = undefined;
    }
  }

  /** Runs a call that ends presences, which must be gone by `endsAt`. */
  release(presences: readonly TrackedPresence[], call: () => void, endsAt: number): void {
    this.#request = RELEASE;
    this.changeCount++;
    try {
      call();
      this.#afterCall();
      for (const presence of presences) this.#end(presence, endsAt);
    } finally {
      this.#request = undefined;
    }
  }

  /**
   * Records a new ref of this process. It belongs to the running call, or it is a presence in `left` under the new id of the
   * process. Returns `undefined` if it is neither.
   */
  recordRef(
    meta: PresenceMeta,
    content: Omit<RequestedPresence, "owner">,
    incarnation: IncarnationRecord,
    left: ReadonlySet<string>,
    since: number,
  ): TrackedPresence | undefined {
    const { phx_ref: ref, phx_ref_prev: previousRef } = meta;
    const recorded = { ...content, ref, previousRef, incarnation, since, successor: undefined };
    const request = this.#request;
    if (request !== undefined && isSame(request, content)) {
      return this.#ledger.add({ ...recorded, owner: request.owner, endsAt: Number.POSITIVE_INFINITY });
    }
    for (const leftRef of left) {
      const before = this.#ledger.presences.get(leftRef);
      if (
        before === undefined ||
        before.incarnation === incarnation ||
        before.successor !== undefined ||
        !isSame(before, content)
      )
        continue;
      const successor = this.#ledger.add({ ...recorded, owner: before.owner, endsAt: before.endsAt });
      before.successor = successor;
      if (this.held.delete(before)) this.held.add(successor);
      return successor;
    }
    return undefined;
  }

  /** The process has stopped: its owners hold nothing any more. */
  clear(): void {
    this.held.clear();
  }

  #end(presence: TrackedPresence, endsAt: number): void {
    presence.endsAt = Math.min(presence.endsAt, endsAt);
    this.held.delete(presence);
  }

  /** A presence with a pending leave that is tracked again with another meta becomes an update: the previous ref ends. */
  #endReplaced(request: RequestedPresence, presence: TrackedPresence, now: number): void {
    const { previousRef } = presence;
    const before = previousRef === undefined ? undefined : this.#ledger.presences.get(previousRef);
    if (before !== undefined && before.owner === request.owner) this.#end(before, now);
  }
}

/** The request of a call that ends presences. */
const RELEASE: RequestedPresence = { owner: "", topic: "", key: "", content: "" };

function isSame(one: Omit<RequestedPresence, "owner">, other: Omit<RequestedPresence, "owner">): boolean {
  return one.topic === other.topic && one.key === other.key && one.content === other.content;
}
