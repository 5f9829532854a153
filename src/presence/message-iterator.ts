import type { PresenceMessage } from "./presence-message.ts";
import type { TopicSubscription } from "./subscription.ts";

/** The most messages that wait for a slow reader. Then a state replaces them. */
const MAX_WAITING = 16;

type Subscribe<P extends object> = (
  listener: (message: PresenceMessage<P>) => void,
  ended: () => void,
) => TopicSubscription;

type Result<P extends object> = IteratorResult<PresenceMessage<P>, undefined>;

/**
 * The messages of a subscription, for `for await`. It subscribes at the first `next`. An async generator could not end while a
 * `next` is pending: its `return` would wait for the next message.
 */
export class MessageIterator<P extends object>
  implements AsyncIterableIterator<PresenceMessage<P>, undefined>
{
  readonly #subscribe: Subscribe<P>;
  #subscription: TopicSubscription | undefined = undefined;
  readonly #waiting: PresenceMessage<P>[] = [];
  readonly #pending: ((result: Result<P>) => void)[] = [];
  #hasDropped = false;
  #hasEnded = false;

  constructor(subscribe: Subscribe<P>) {
    this.#subscribe = subscribe;
  }

  next(): Promise<Result<P>> {
    if (this.#subscription === undefined && !this.#hasEnded) this.#start();
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#hasEnded) return Promise.resolve({ value: undefined, done: true });
    const next = new Promise<Result<P>>((resolve) => this.#pending.push(resolve));
    if (this.#hasDropped) {
      this.#hasDropped = false;
      this.#subscription?.resume();
    }
    return next;
  }

  return(): Promise<Result<P>> {
    this.#subscription?.unsubscribe();
    this.#end();
    return Promise.resolve({ value: undefined, done: true });
  }

  async throw(error: unknown): Promise<Result<P>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #start(): void {
    this.#subscription = this.#subscribe(
      (message) => this.#add(message),
      () => this.#end(),
    );
  }

  #add(message: PresenceMessage<P>): void {
    const resolve = this.#pending.shift();
    if (resolve !== undefined) {
      resolve({ value: message, done: false });
    } else if (this.#waiting.push(message) > MAX_WAITING) {
      this.#waiting.length = 0;
      this.#hasDropped = true;
      this.#subscription?.dropMessages();
    }
  }

  #end(): void {
    this.#hasEnded = true;
    this.#waiting.length = 0;
    for (const resolve of this.#pending.splice(0)) resolve({ value: undefined, done: true });
  }
}
