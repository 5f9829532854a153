import type { ErrorOrigin } from "../endpoint-options.ts";
import type { Broadcast } from "./broadcast.ts";

/** Who gets the broadcasts of a topic. */
export interface Recipient {
  readonly topic: string;
  deliver(broadcast: Broadcast): void;
}

/** Brings broadcasts to the channels of this endpoint: those of a topic to all in the same order. */
export class FanOut {
  readonly #topics = new Map<string, Set<Recipient>>();
  readonly #waiting: (readonly [broadcast: Broadcast, except: Recipient | undefined])[] = [];
  readonly #report: (error: unknown, where: ErrorOrigin) => void;
  #isDelivering = false;

  constructor(report: (error: unknown, where: ErrorOrigin) => void) {
    this.#report = report;
  }

  add(recipient: Recipient): void {
    const known = this.#topics.get(recipient.topic);
    if (known === undefined) this.#topics.set(recipient.topic, new Set([recipient]));
    else known.add(recipient);
  }

  remove(recipient: Recipient): void {
    const recipients = this.#topics.get(recipient.topic);
    recipients?.delete(recipient);
    if (recipients?.size === 0) this.#topics.delete(recipient.topic);
  }

  /** What a delivery causes, as the end of one who is too slow, waits until all have got the present one. */
  deliver(broadcast: Broadcast, except?: Recipient): void {
    this.#waiting.push([broadcast, except]);
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const [present, excepted] = next;
      for (const recipient of this.#topics.get(present.topic) ?? []) {
        if (recipient !== excepted) this.#deliverTo(recipient, present);
      }
    }
    this.#isDelivering = false;
  }

  #deliverTo(recipient: Recipient, broadcast: Broadcast): void {
    try {
      recipient.deliver(broadcast);
    } catch (error) {
      this.#report(error, { during: "send", topic: broadcast.topic, event: broadcast.event });
    }
  }
}
