import type { MessageOptions, SendHandle } from "node:child_process";
import { TransportError } from "../../errors.ts";

/** What each of our messages between workers and primary carries, all of it strings: they travel as JSON. */
const FIELDS = {
  /** Worker to primary. `ask` comes back in the answer. */
  "rollcall:subscribe": ["member", "topic", "ask"],
  "rollcall:unsubscribe": ["member", "topic"],
  "rollcall:leave": ["member"],
  "rollcall:publish": ["topic", "bytes"],
  /** Primary to worker: it has begun to relay, and knows of nobody yet. */
  "rollcall:ready": [],
  "rollcall:subscribed": ["member", "topic", "ask"],
  "rollcall:message": ["topic", "bytes"],
} as const;

type Fields = typeof FIELDS;

export type IpcMessage = {
  [Type in keyof Fields]: { readonly type: Type } & { readonly [Field in Fields[Type][number]]: string };
}[keyof Fields];

/** Whether it is one of ours: whoever else uses the channel is left alone, and can't confuse us. */
export function isIpcMessage(message: unknown): message is IpcMessage {
  if (typeof message !== "object" || message === null) return false;
  const fields = message as Readonly<Record<string, unknown>>;
  const { type } = fields;
  if (typeof type !== "string" || !Object.hasOwn(FIELDS, type)) return false;
  return FIELDS[type as keyof Fields].every((field) => typeof fields[field] === "string");
}

/** A `Worker` of node:cluster, or a worker's `process`. */
interface Channel {
  send?(
    message: object,
    handle?: SendHandle,
    options?: MessageOptions,
    callback?: (error: Error | null) => void,
  ): boolean;
}

/** What may wait for a process that does not read. Node itself sets no bound. */
const MAX_WAITING_BYTES = 16_777_216;

/** One end of a channel between processes, to send by. It never throws, and never emits an `error`. */
export class IpcSender {
  readonly #channel: Channel;
  #waitingBytes = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Rejects when the other process is gone, or reads so slowly that more is waiting for it than it is worth. */
  send(message: IpcMessage): Promise<void> {
    const size = "bytes" in message ? message.bytes.length : 0;
    if (size > 0 && this.#waitingBytes + size > MAX_WAITING_BYTES) {
      return Promise.reject(
        new TransportError(
          `${this.#waitingBytes} bytes wait already for a process that does not read its IPC channel, and at most ` +
            `${MAX_WAITING_BYTES} may. The message was dropped.`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const onSent = (error: Error | null): void => {
        this.#waitingBytes -= size;
        if (error === null) resolve();
        else
          reject(
            new TransportError(
              "The IPC channel to the other process is closed. The message was dropped: start that process anew.",
              { cause: error },
            ),
          );
      };
      this.#waitingBytes += size;
      // Given a callback, Node calls it where it would otherwise emit an `error` that nobody expects.
      if (this.#channel.send === undefined) onSent(new Error("this process has no IPC channel"));
      else this.#channel.send(message, undefined, undefined, onSent);
    });
  }
}
