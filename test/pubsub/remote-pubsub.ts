import type { Listener, PubSub } from "../../src/pubsub/pubsub.ts";

/** A channel to another thread or process. */
export interface RemoteChannel {
  readonly post: (message: object) => void;
  readonly onMessage: (listener: (message: unknown) => void) => void;
}

interface Call {
  readonly call: number;
  readonly method: "subscribe" | "unsubscribe" | "publish" | "close";
  readonly topic: string;
  readonly listener: number;
  readonly bytes: string;
}

type Reply =
  | { readonly deliveredTo: number; readonly bytes: string }
  | { readonly replyTo: number; readonly error?: string };

/** Lets the other end of the channel use this pub/sub. */
export function servePubSub(pubsub: PubSub, channel: RemoteChannel): void {
  const listeners = new Map<number, Listener>();
  const listenerOf = (number: number) => {
    const listener =
      listeners.get(number) ??
      ((bytes) => channel.post({ deliveredTo: number, bytes: encode(bytes) } satisfies Reply));
    listeners.set(number, listener);
    return listener;
  };
  const perform = async ({ method, topic, listener, bytes }: Call) => {
    if (method === "publish") await pubsub.publish(topic, Buffer.from(bytes, "base64"));
    else if (method === "close") await pubsub.close();
    else await pubsub[method](topic, listenerOf(listener));
  };
  channel.onMessage((message) => {
    if (!isCall(message)) return;
    perform(message).then(
      () => channel.post({ replyTo: message.call } satisfies Reply),
      (error: Error) => channel.post({ replyTo: message.call, error: error.message } satisfies Reply),
    );
  });
}

/** The pub/sub that the other end of the channel serves. */
export function remotePubSub(channel: RemoteChannel, maxMessageBytes?: number): PubSub {
  const numbers = new Map<Listener, number>();
  const active = new Map<number, Listener>();
  const replies = new Map<number, (reply: { error?: string }) => void>();
  let calls = 0;

  channel.onMessage((message) => {
    const reply = message as Reply;
    if ("deliveredTo" in reply) active.get(reply.deliveredTo)?.(Buffer.from(reply.bytes, "base64"));
    else if ("replyTo" in reply) replies.get(reply.replyTo)?.(reply);
  });

  return {
    ...(maxMessageBytes !== undefined && { maxMessageBytes }),
    subscribe(topic, listener) {
      active.set(numberOf(listener), listener);
      return call({ method: "subscribe", topic, listener: numberOf(listener) });
    },
    unsubscribe: (topic, listener) => call({ method: "unsubscribe", topic, listener: numberOf(listener) }),
    publish: (topic, bytes) => call({ method: "publish", topic, bytes: encode(bytes) }),
    close: () => call({ method: "close" }),
  };

  function call(request: Partial<Call>): Promise<void> {
    calls += 1;
    const number = calls;
    return new Promise((resolve, reject) => {
      replies.set(number, ({ error }) => {
        replies.delete(number);
        if (error === undefined) resolve();
        else reject(new Error(error));
      });
      channel.post({ call: number, ...request });
    });
  }

  function numberOf(listener: Listener): number {
    const number = numbers.get(listener) ?? numbers.size + 1;
    numbers.set(listener, number);
    return number;
  }
}

function isCall(message: unknown): message is Call {
  return typeof message === "object" && message !== null && "call" in message;
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
