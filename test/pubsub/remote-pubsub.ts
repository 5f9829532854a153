import type { Listener, PubSub } from "../../src/pubsub/pubsub.ts";

/** What leads to another thread or process. */
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
  | { readonly heard: number; readonly bytes: string }
  | { readonly replyTo: number; readonly error?: string };

/** Lets the other end of the line use this pub/sub. */
export function servePubSub(pubsub: PubSub, line: RemoteChannel): void {
  const listeners = new Map<number, Listener>();
  const listenerOf = (number: number) => {
    const listener =
      listeners.get(number) ??
      ((bytes) => line.post({ heard: number, bytes: encode(bytes) } satisfies Reply));
    listeners.set(number, listener);
    return listener;
  };
  const perform = async ({ method, topic, listener, bytes }: Call) => {
    if (method === "publish") await pubsub.publish(topic, Buffer.from(bytes, "base64"));
    else if (method === "close") await pubsub.close();
    else await pubsub[method](topic, listenerOf(listener));
  };
  line.onMessage((message) => {
    if (!isCall(message)) return;
    perform(message).then(
      () => line.post({ replyTo: message.call } satisfies Reply),
      (error: Error) => line.post({ replyTo: message.call, error: error.message } satisfies Reply),
    );
  });
}

/** The pub/sub that is served at the other end of the line. */
export function remotePubSub(line: RemoteChannel, maxMessageBytes?: number): PubSub {
  const numbers = new Map<Listener, number>();
  const active = new Map<number, Listener>();
  const replies = new Map<number, (reply: { error?: string }) => void>();
  let calls = 0;

  line.onMessage((message) => {
    const reply = message as Reply;
    if ("heard" in reply) active.get(reply.heard)?.(Buffer.from(reply.bytes, "base64"));
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

  function call(what: Partial<Call>): Promise<void> {
    calls += 1;
    const number = calls;
    return new Promise((resolve, reject) => {
      replies.set(number, ({ error }) => {
        replies.delete(number);
        if (error === undefined) resolve();
        else reject(new Error(error));
      });
      line.post({ call: number, ...what });
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
