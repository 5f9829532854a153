import type { Pull } from "../wire/replica-message.ts";

/** At most this many answered pulls of a peer are remembered. A peer has one pull in flight at a time. */
const MAX_REMEMBERED = 16;

/**
 * The pulls of one peer that were answered recently, so that a repeated message is answered once. Pulls are compared by what
 * they say, not ordered by their numbers: a stranger that sends a high number under the id of a peer cannot keep the peer
 * from being answered.
 */
export class AnsweredPulls {
  /** When each pull was answered, by its fingerprint, oldest first. */
  readonly #answeredAt = new Map<string, number>();

  /** Whether an equal pull was answered within the last `windowMs`. If not, this one counts as answered now. */
  isRepeated(pull: Pull, now: number, windowMs: number): boolean {
    const fingerprint = fingerprintOf(pull);
    const answeredAt = this.#answeredAt.get(fingerprint);
    if (answeredAt !== undefined && now - answeredAt < windowMs) return true;
    this.#answeredAt.delete(fingerprint);
    this.#answeredAt.set(fingerprint, now);
    if (this.#answeredAt.size > MAX_REMEMBERED)
      this.#answeredAt.delete(this.#answeredAt.keys().next().value!);
    return false;
  }
}

/** A short text of everything that a pull asks for. A pull may be long, so its content is hashed (FNV-1a). */
function fingerprintOf({ request, wants }: Pull): string {
  let hash = 0x811c_9dc5;
  const add = (value: number) => {
    hash = Math.imul(hash ^ value, 0x0100_0193);
  };
  for (const { replica, seen } of wants) {
    for (let at = 0; at < replica.length; at++) add(replica.charCodeAt(at));
    for (const [low, high] of seen) {
      for (const bound of [low, high]) {
        add(bound | 0);
        add(bound / 0x1_0000_0000);
      }
    }
    add(-1);
  }
  return `${request}:${wants.length}:${hash}`;
}
