import type { Listener, PubSub } from "../../src/pubsub/pubsub.ts";
import type { PubSubRule } from "../../src/testing/index.ts";

/** Makes of a healthy bus one end of a transport that breaks one rule. */
type Breaker = (bus: PubSub) => PubSub & { readonly interrupt?: () => void };

/** For every rule a driver that breaks it, in the way that a driver would. */
export const brokenPubSubs: Readonly<Record<PubSubRule, Breaker>> = {
  "brings a message to others": (bus) => ({ ...bus, publish: () => {} }),

  "brings a message to its own publisher"(bus) {
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

  "brings a message to every listener of its topic"(bus) {
    const topics = new Set<string>();
    return {
      ...bus,
      subscribe(topic, listener) {
        if (!topics.has(topic)) bus.subscribe(topic, listener);
        topics.add(topic);
      },
    };
  },

  "brings a message under its own topic only, up to 63 bytes of every allowed character": (bus) => ({
    ...bus,
    subscribe: (topic, listener) => bus.subscribe(topic.slice(0, 62), listener),
    publish: (topic, bytes) => bus.publish(topic.slice(0, 62), bytes),
  }),

  "brings a thousand messages"(bus) {
    let published = 0;
    return {
      ...bus,
      publish: (topic, bytes) => (++published === 500 ? undefined : bus.publish(topic, bytes)),
    };
  },

  "brings what is published as soon as the promise of subscribe resolves": (bus) => ({
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

  "takes a message that nobody listens to"(bus) {
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

  "says how the connection is before watchConnection returns, where it can tell": (bus) => ({
    ...bus,
    watchConnection: () => () => {},
  }),

  "brings every byte as it was": (bus) => ({
    ...bus,
    publish: (topic, bytes) => bus.publish(topic, new TextEncoder().encode(new TextDecoder().decode(bytes))),
  }),

  "brings an empty message": (bus) => ({
    ...bus,
    publish: (topic, bytes) => (bytes.length === 0 ? undefined : bus.publish(topic, bytes)),
  }),

  "brings a message as large as it says, or of 1 MiB": (bus) => ({
    ...bus,
    publish: (topic, bytes) => bus.publish(topic, bytes.subarray(0, 65_536)),
  }),

  "allows messages of at least 2 560 bytes": (bus) => ({ ...bus, maxMessageBytes: 2_559 }),

  "brings the bytes as they were at publish, though the publisher uses its buffer again": (bus) => ({
    ...bus,
    publish: (topic, bytes) => queueMicrotask(() => bus.publish(topic, bytes)),
  }),

  "never changes the bytes that it was given or gave away"(bus) {
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

  "leaves a topic's other listeners when one unsubscribes"(bus) {
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

  "leaves a listener its other topics when it unsubscribes from one"(bus) {
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

  "lets a listener unsubscribe while it is called, and calls the others all the same"(bus) {
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

  "holds a subscribe right after an unsubscribe"(bus) {
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

  "minds no unsubscribe of what was never subscribed"(bus) {
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

  "brings nothing that is published after close": (bus) => ({ ...bus, close: async () => {} }),

  "closes a second time without complaint"(bus) {
    let isClosed = false;
    return {
      ...bus,
      async close() {
        if (isClosed) throw new Error("closed already");
        isClosed = true;
      },
    };
  },

  "hears and is heard again after a lost connection, on all it was subscribed to"(bus) {
    const subscriptions: [string, Listener][] = [];
    return {
      ...bus,
      subscribe(topic, listener) {
        subscriptions.push([topic, listener]);
        return bus.subscribe(topic, listener);
      },
      // Who was first is subscribed again.
      interrupt() {
        for (const [topic, listener] of subscriptions.slice(1)) void bus.unsubscribe(topic, listener);
      },
    };
  },

  "says that the connection is lost, and that it is back, where it can tell": (bus) => ({
    ...bus,
    watchConnection(listener) {
      listener(true);
      return () => {};
    },
  }),
};
