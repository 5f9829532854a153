import { assertFunction } from "../../checks/check-argument.ts";
import { describeValue } from "../../checks/describe-value.ts";
import { ClosedError, InvalidArgumentError } from "../../errors.ts";
import type { Listener } from "../pubsub.ts";

/** The listeners of a pub/sub, by topic. Every driver has one. */
export class TopicListeners {
  readonly #byTopic = new Map<string, Set<Listener>>();
  #isClosed = false;

  /**
   * Returns whether the listener is the first of its topic.
   *
   * @throws {ClosedError} after `close`.
   * @throws {InvalidArgumentError} unless the listener is a function; otherwise the first message would reveal the
   * mistake.
   */
  add(topic: string, listener: Listener): boolean {
    this.#assertOpen("subscribe");
    assertFunction("listener", listener, "Pass a function that takes the bytes.");
    const listeners = this.#byTopic.get(topic);
    if (listeners !== undefined) {
      listeners.add(listener);
      return false;
    }
    this.#byTopic.set(topic, new Set([listener]));
    return true;
  }

  /** Returns whether the listener was the last of its topic. */
  remove(topic: string, listener: Listener): boolean {
    const listeners = this.#byTopic.get(topic);
    if (!listeners?.delete(listener) || listeners.size > 0) return false;
    return this.#byTopic.delete(topic);
  }

  has(topic: string): boolean {
    return this.#byTopic.has(topic);
  }

  /** The topics that have a listener. */
  topics(): string[] {
    return [...this.#byTopic.keys()];
  }

  /**
   * Calls the listeners of the topic, except for those that an earlier listener of this message removed. As with an
   * `EventTarget`, an error that a listener throws becomes an uncaught exception: it does not stop the other
   * listeners, and the driver does not mistake it for a failure of the transport.
   */
  deliver(topic: string, bytes: Uint8Array): void {
    const listeners = this.#byTopic.get(topic) ?? [];
    for (const listener of [...listeners]) {
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

  /** Removes all listeners and refuses new ones. Returns whether it was open until now. */
  close(): boolean {
    const wasOpen = !this.#isClosed;
    this.#isClosed = true;
    this.#byTopic.clear();
    return wasOpen;
  }

  /**
   * @throws {ClosedError} after `close`.
   * @throws {InvalidArgumentError} unless it is a view of bytes. A string would be copied as no bytes at all.
   */
  assertCanPublish(bytes: Uint8Array): void {
    this.#assertOpen("publish");
    // Not `instanceof`: test runners often create values in another realm.
    if (ArrayBuffer.isView(bytes)) return;
    throw new InvalidArgumentError(
      `bytes is ${describeValue(bytes)}; it must be a Uint8Array. Encode it first, for example with new TextEncoder().encode(text).`,
    );
  }

  #assertOpen(call: string): void {
    if (this.#isClosed) throw new ClosedError("pub/sub", call);
  }
}
