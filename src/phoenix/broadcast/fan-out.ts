import type { ReportError } from "../error-origin.ts";
import type { Broadcast } from "./broadcast.ts";

/** Receives the broadcasts of a topic. */
export interface Recipient {
  readonly topic: string;
  deliver(broadcast: Broadcast): void;
}

/** Delivers broadcasts to the channels of this endpoint. All channels of a topic get them in the same order. */
export class FanOut {
  readonly #topics = new Map<string, Set<Recipient>>();
  readonly #queue: (readonly [broadcast: Broadcast, except: Recipient | undefined])[] = [];
  readonly #report: ReportError;
  #isDelivering = false;

  constructor(report: ReportError) {
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

  /**
   * Delivers a broadcast to all recipients of its topic but `except`. A delivery may cause another broadcast, for example the leave of
   * a client that is too slow. That broadcast waits until all recipients have the current one.
   */
  deliver(broadcast: Broadcast, except?: Recipient): void {
    this.#queue.push([broadcast, except]);
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const [current, excluded] = next;
      for (const recipient of this.#topics.get(current.topic) ?? []) {
        if (recipient !== excluded) this.#deliverTo(recipient, current);
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
