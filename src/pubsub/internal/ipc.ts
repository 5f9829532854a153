import type { MessageOptions, SendHandle } from "node:child_process";
import { TransportError } from "../../errors.ts";

/** The fields of each IPC message. All are strings, because node:cluster sends messages as JSON by default. */
const FIELDS = {
  // From a worker to the primary. The answer repeats `requestId`.
  "rollcall:subscribe": ["pubSubId", "topic", "requestId"],
  "rollcall:unsubscribe": ["pubSubId", "topic"],
  "rollcall:leave": ["pubSubId"],
  "rollcall:publish": ["topic", "bytes"],
  // From the primary to a worker. `ready` says that the relay has started and knows no subscriptions yet.
  "rollcall:ready": [],
  "rollcall:subscribed": ["pubSubId", "topic", "requestId"],
  "rollcall:message": ["topic", "bytes"],
} as const;

type Fields = typeof FIELDS;

export type IpcMessage = {
  [Type in keyof Fields]: { readonly type: Type } & { readonly [Field in Fields[Type][number]]: string };
}[keyof Fields];

/** Whether the message is one of ours. Other code may use the same channel, so other messages are ignored. */
export function isIpcMessage(message: unknown): message is IpcMessage {
  if (typeof message !== "object" || message === null) return false;
  const fields = message as Readonly<Record<string, unknown>>;
  const { type } = fields;
  if (typeof type !== "string" || !Object.hasOwn(FIELDS, type)) return false;
  return FIELDS[type as keyof Fields].every((field) => typeof fields[field] === "string");
}

/** A `Worker` of node:cluster, or the `process` of a worker. */
interface IpcChannel {
  send?(
    message: object,
    handle?: SendHandle,
    options?: MessageOptions,
    callback?: (error: Error | null) => void,
  ): boolean;
}

/** How much may wait for a process that stopped reading. Node sets no limit. */
const MAX_WAITING_BYTES = 16_777_216;

/** Sends messages over an IPC channel. It never throws, and the channel never emits an `error` because of it. */
export class IpcSender {
  readonly #channel: IpcChannel;
  #waitingBytes = 0;

  constructor(channel: IpcChannel) {
    this.#channel = channel;
  }

  /** Rejects if the other process is gone, or if too many bytes wait for it already. */
  send(message: IpcMessage): Promise<void> {
    const size = "bytes" in message ? message.bytes.length : 0;
    if (size > 0 && this.#waitingBytes + size > MAX_WAITING_BYTES) {
      return Promise.reject(
        new TransportError(
          `The process at the other end of the IPC channel does not read: ${this.#waitingBytes} bytes wait already, and ` +
            `at most ${MAX_WAITING_BYTES} may. The message was dropped.`,
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
              "The IPC channel to the other process is closed, so the message was dropped. Start that process again.",
              { cause: error },
            ),
          );
      };
      this.#waitingBytes += size;
      // Without a callback, Node would emit an unexpected `error` event on failure.
      if (this.#channel.send === undefined) onSent(new Error("this process has no IPC channel"));
      else this.#channel.send(message, undefined, undefined, onSent);
    });
  }
}
