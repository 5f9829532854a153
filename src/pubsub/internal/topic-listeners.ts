import { assertFunction } from "../../checks/check-argument.ts";
import { describeValue } from "../../checks/describe-value.ts";
import { ClosedError, InvalidArgumentError } from "../../errors.ts";
import type { Listener } from "../pubsub.ts";

/** Who listens to which topic here, until it is closed: what every driver keeps. */
export class TopicListeners {
  readonly #byTopic = new Map<string, Set<Listener>>();
  #isClosed = false;

  /**
   * Returns whether it is the topic's first.
   *
   * @throws {ClosedError} after `close`.
   * @throws {InvalidArgumentError} for a listener that can't be called: nobody would know until a message comes.
   */
  add(topic: string, listener: Listener): boolean {
    this.#assertOpen("subscribe");
    assertFunction("listener", listener, "Pass what is to get the bytes.");
    const present = this.#byTopic.get(topic);
    if (present !== undefined) {
      present.add(listener);
      return false;
    }
    this.#byTopic.set(topic, new Set([listener]));
    return true;
  }

  /** Returns whether it was the topic's last. */
  remove(topic: string, listener: Listener): boolean {
    const present = this.#byTopic.get(topic);
    if (!present?.delete(listener) || present.size > 0) return false;
    return this.#byTopic.delete(topic);
  }

  has(topic: string): boolean {
    return this.#byTopic.has(topic);
  }

  /** The topics that somebody listens to. */
  topics(): string[] {
    return [...this.#byTopic.keys()];
  }

  /**
   * Calls who listens now and, when their turn comes, still does. What one throws becomes an uncaught exception, as with an
   * `EventTarget`: it neither stops the others nor gets lost, nor does it look like a fault of the transport.
   */
  deliver(topic: string, bytes: Uint8Array): void {
    const present = this.#byTopic.get(topic) ?? [];
    for (const listener of [...present]) {
      if (!this.#byTopic.get(topic)?.has(listener)) continue;
      try {
        listener(bytes);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Removes all, and lets none in again. Returns whether it was open until now. */
  close(): boolean {
    const wasOpen = !this.#isClosed;
    this.#isClosed = true;
    this.#byTopic.clear();
    return wasOpen;
  }

  /**
   * @throws {ClosedError} after `close`.
   * @throws {InvalidArgumentError} for what is no bytes: a copy of a text would be empty.
   */
  assertCanPublish(bytes: Uint8Array): void {
    this.#assertOpen("publish");
    // Of any realm: tests often run in one of their own.
    if (ArrayBuffer.isView(bytes)) return;
    throw new InvalidArgumentError(
      `bytes is ${describeValue(bytes)}; it must be a Uint8Array. Encode it first, as new TextEncoder().encode(text).`,
    );
  }

  #assertOpen(call: string): void {
    if (this.#isClosed) throw new ClosedError("pub/sub", call);
  }
}
