import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { bundleCode } from "../support/bundle.ts";

// A program that waits for a promise of ours must not end without a word, as Node does when nothing is left to do.

/** Nothing listens on this port. */
const PORT = 1;

/** Longer than a busy machine takes to refuse a connection. */
const REFUSED_MS = 3_000;

const REDIS = 'import { createClient } from "redis"; import { redisPubSub } from "rollcall/pubsub/redis";';
const IOREDIS = 'import { Redis } from "ioredis"; import { ioredisPubSub } from "rollcall/pubsub/ioredis";';

/** Programs that forgot something, by what they forgot: the code that makes the pub/sub, and a part of the error. */
const programs: Readonly<Record<string, { imports: string; pubsub: string; error: RegExp }>> = {
  "a node-redis publisher and subscriber that were not connected": {
    imports: REDIS,
    pubsub: `
      const publisher = createClient({ url: "redis://127.0.0.1:${PORT}" });
      const subscriber = publisher.duplicate();
      return redisPubSub({ publisher, subscriber, subscribeTimeoutMs: ${REFUSED_MS} });`,
    error: /TransportError: The Redis server .*connect ECONNREFUSED 127\.0\.0\.1:1/,
  },
  "a node-redis client that was not connected and must not retry": {
    imports: REDIS,
    pubsub: `
      const publisher = createClient({ socket: { host: "127.0.0.1", port: ${PORT}, reconnectStrategy: false } });
      return redisPubSub({ publisher, subscriber: publisher.duplicate(), subscribeTimeoutMs: ${REFUSED_MS} });`,
    error: /TransportError: The Redis server .*ECONNREFUSED/,
  },
  "a lazy ioredis client": {
    imports: IOREDIS,
    pubsub: `
      const publisher = new Redis({ host: "127.0.0.1", port: ${PORT}, lazyConnect: true });
      const subscriber = publisher.duplicate({ autoResubscribe: false });
      return ioredisPubSub({ publisher, subscriber, subscribeTimeoutMs: ${REFUSED_MS} });`,
    error: /TransportError: The Redis server .*ECONNREFUSED/,
  },
  "a client that answers nothing and keeps nothing alive": {
    imports: REDIS,
    pubsub: `
      const client = () => ({
        isOpen: true,
        isReady: true,
        publish: () => new Promise(() => {}),
        subscribe: () => new Promise(() => {}),
        unsubscribe: () => new Promise(() => {}),
        on() {},
        off() {},
      }) as never;
      return redisPubSub({ publisher: client(), subscriber: client(), subscribeTimeoutMs: 500 });`,
    error:
      /TransportError: The Redis server did not subscribe to rollcall:all: it did not answer within 500 ms/,
  },
  "a publisher that answers nothing and keeps nothing alive": {
    imports: REDIS,
    pubsub: `
      const client = () => ({
        isOpen: true,
        isReady: true,
        publish: () => new Promise(() => {}),
        subscribe: async () => {},
        unsubscribe: async () => {},
        on() {},
        off() {},
      }) as never;
      return redisPubSub({ publisher: client(), subscriber: client(), subscribeTimeoutMs: 500 });`,
    error: /TransportError: The Redis server did not accept a message within 500 ms/,
  },
  "a worker of node:cluster whose primary has no pub/sub": {
    imports: 'import cluster from "node:cluster"; import { clusterPubSub } from "rollcall/pubsub/cluster";',
    pubsub: `
      Object.defineProperty(cluster, "isPrimary", { value: false });
      Object.defineProperty(process, "send", { value: (_message, _handle, _options, callback) => callback(null) });
      return clusterPubSub({ subscribeTimeoutMs: 500 });`,
    error: /TransportError: The primary did not answer within 500 ms/,
  },
};

for (const [what, { imports, pubsub, error }] of Object.entries(programs)) {
  it.each([
    ["an ECMAScript module", "esm"],
    ["CommonJS", "cjs"],
  ] as const)(`ends with the error, not without a word, given ${what}, in %s`, async (_, format) => {
    const create = `createTracker({ pubsub: (() => {${pubsub}})() })`;
    const code = `
      import { createTracker } from "rollcall";
      ${imports}
      ${format === "esm" ? `await ${create};` : `${create}.then(() => {});`}`;
    const program = await bundleCode(code, { format });
    try {
      const child = spawn(process.execPath, [program.path], { stdio: ["ignore", "pipe", "pipe"] });
      const exited = once(child, "exit");
      const [printed] = await Promise.all([text(child.stderr), text(child.stdout)]);
      expect(printed).toMatch(error);
      expect(await exited).toEqual([1, null]);
    } finally {
      program.remove();
    }
  });
}
