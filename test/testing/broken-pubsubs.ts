import type { Listener, PubSub } from "../../src/pubsub/pubsub.ts";
import type { PubSubRule } from "../../src/testing/index.ts";

/** Makes a pub/sub over a healthy one that breaks one rule. */
type Breaker = (bus: PubSub) => PubSub & { readonly interrupt?: () => void };

/** For each rule a pub/sub that breaks it in a way that a real driver could. */
export const brokenPubSubs: Readonly<Record<PubSubRule, Breaker>> = {
  "delivers a message to other nodes": (bus) => ({ ...bus, publish: () => {} }),

  "delivers a message to its own publisher"(bus) {
    const own = new Set<string>();
    return {
      ...bus,
      subscribe: (topic, listener) =>
        bus.subscribe(topic, (bytes) => own.has(String(bytes)) || listener(bytes)),
      publish(topic, bytes) {
        own.add(String(bytes));
        return bus.publish(topic, bytes);
      },
    };
  },

  "delivers a message to every listener of its topic"(bus) {
    const topics = new Set<string>();
    return {
      ...bus,
      subscribe(topic, listener) {
        if (!topics.has(topic)) bus.subscribe(topic, listener);
        topics.add(topic);
      },
    };
  },

  "delivers a message under its own topic only, for topics of up to 63 bytes and all allowed characters": (
    bus,
  ) => ({
    ...bus,
    subscribe: (topic, listener) => bus.subscribe(topic.slice(0, 62), listener),
    publish: (topic, bytes) => bus.publish(topic.slice(0, 62), bytes),
  }),

  "delivers a thousand messages"(bus) {
    let published = 0;
    return {
      ...bus,
      publish: (topic, bytes) => (++published === 500 ? undefined : bus.publish(topic, bytes)),
    };
  },

  "delivers messages that are published as soon as subscribe resolves": (bus) => ({
    ...bus,
    subscribe: (topic, listener) => void setImmediate(() => bus.subscribe(topic, listener)),
  }),

  "never calls a listener from within publish"(bus) {
    const listeners = new Set<Listener>();
    return {
      ...bus,
      subscribe: (_, listener) => void listeners.add(listener),
      publish(_, bytes) {
        for (const listener of listeners) listener(bytes);
      },
    };
  },

  "accepts a message that has no listener"(bus) {
    const topics = new Set<string>();
    return {
      ...bus,
      subscribe(topic, listener) {
        topics.add(topic);
        return bus.subscribe(topic, listener);
      },
      publish(topic, bytes) {
        if (!topics.has(topic)) throw new Error(`no subscriber to ${topic}`);
        return bus.publish(topic, bytes);
      },
    };
  },

  "reports the connection state before watchConnection returns, if it has watchConnection": (bus) => ({
    ...bus,
    watchConnection: () => () => {},
  }),

  "delivers every byte unchanged": (bus) => ({
    ...bus,
    publish: (topic, bytes) => bus.publish(topic, new TextEncoder().encode(new TextDecoder().decode(bytes))),
  }),

  "delivers an empty message": (bus) => ({
    ...bus,
    publish: (topic, bytes) => (bytes.length === 0 ? undefined : bus.publish(topic, bytes)),
  }),

  "delivers a message of maxMessageBytes, or of 1 MiB": (bus) => ({
    ...bus,
    publish: (topic, bytes) => bus.publish(topic, bytes.subarray(0, 65_536)),
  }),

  "allows messages of at least 2 560 bytes": (bus) => ({ ...bus, maxMessageBytes: 2_559 }),

  "delivers the bytes as they were at publish, even if the publisher reuses its buffer": (bus) => ({
    ...bus,
    publish: (topic, bytes) => queueMicrotask(() => bus.publish(topic, bytes)),
  }),

  "never changes bytes that it was given or that it delivered"(bus) {
    const pool = new Uint8Array(1_024);
    return {
      ...bus,
      subscribe: (topic, listener) =>
        bus.subscribe(topic, (bytes) => {
          pool.set(bytes);
          listener(pool.subarray(0, bytes.length));
        }),
    };
  },

  "does not call a listener after unsubscribe": (bus) => ({ ...bus, unsubscribe: () => {} }),

  "keeps the other listeners of a topic when one unsubscribes"(bus) {
    const subscriptions: [string, Listener][] = [];
    return {
      ...bus,
      subscribe(topic, listener) {
        subscriptions.push([topic, listener]);
        return bus.subscribe(topic, listener);
      },
      unsubscribe(topic) {
        for (const [one, listener] of subscriptions) if (one === topic) bus.unsubscribe(topic, listener);
      },
    };
  },

  "keeps the other topics of a listener when it unsubscribes from one"(bus) {
    const subscriptions: [string, Listener][] = [];
    return {
      ...bus,
      subscribe(topic, listener) {
        subscriptions.push([topic, listener]);
        return bus.subscribe(topic, listener);
      },
      unsubscribe(_, listener) {
        for (const [topic, one] of subscriptions) if (one === listener) bus.unsubscribe(topic, listener);
      },
    };
  },

  "lets a listener unsubscribe while it is called, and still calls the others"(bus) {
    const listeners: Listener[] = [];
    return {
      ...bus,
      subscribe(topic, listener) {
        listeners.push(listener);
        if (listeners.length > 1) return;
        bus.subscribe(topic, (bytes) => {
          for (let at = 0; at < listeners.length; at++) listeners[at]!(bytes);
        });
      },
      unsubscribe(_, listener) {
        listeners.splice(listeners.indexOf(listener), 1);
      },
    };
  },

  "keeps a subscription that is made right after an unsubscribe"(bus) {
    const topics = new Map<string, Set<Listener>>();
    return {
      ...bus,
      subscribe(topic, listener) {
        topics.set(topic, new Set([...(topics.get(topic) ?? []), listener]));
        return bus.subscribe(topic, listener);
      },
      async unsubscribe(topic) {
        await new Promise(setImmediate);
        for (const listener of topics.get(topic) ?? []) bus.unsubscribe(topic, listener);
      },
    };
  },

  "ignores an unsubscribe without a subscription"(bus) {
    const listeners = new Set<Listener>();
    return {
      ...bus,
      subscribe(topic, listener) {
        listeners.add(listener);
        return bus.subscribe(topic, listener);
      },
      unsubscribe(topic, listener) {
        if (!listeners.has(listener)) throw new Error("no such listener");
        return bus.unsubscribe(topic, listener);
      },
    };
  },

  "calls no listener after close": (bus) => ({ ...bus, close: async () => {} }),

  "delivers nothing that is published after close": (bus) => ({ ...bus, close: async () => {} }),

  "accepts a second close"(bus) {
    let isClosed = false;
    return {
      ...bus,
      async close() {
        if (isClosed) throw new Error("closed already");
        isClosed = true;
      },
    };
  },

  "sends and receives again on every topic after a lost connection"(bus) {
    const subscriptions: [string, Listener][] = [];
    return {
      ...bus,
      subscribe(topic, listener) {
        subscriptions.push([topic, listener]);
        return bus.subscribe(topic, listener);
      },
      // Only the first listener is subscribed again.
      interrupt() {
        for (const [topic, listener] of subscriptions.slice(1)) void bus.unsubscribe(topic, listener);
      },
    };
  },

  "reports a lost connection and its return, if it has watchConnection": (bus) => ({
    ...bus,
    watchConnection(listener) {
      listener(true);
      return () => {};
    },
  }),
};
