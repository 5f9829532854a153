import { equal } from "node:assert/strict";
import { io, type Socket } from "socket.io-client";
import { startBroker } from "../../scripts/brokers/broker-server.ts";
import { brokerRecipes, isInstalled } from "../../scripts/brokers/recipes.ts";
import { type Figure, ratios } from "../figure.ts";
import { grouped } from "../number-text.ts";
import type { Effort, Subject } from "../subject.ts";
import type { CountAnswer, CountMethod } from "./count-node.ts";
import { CountNodeProcess } from "./count-node-process.ts";

const NODES = 3;
/** Connections opened at the same time. */
const CONNECT_BATCH = 100;

/** Counts per run: a single count in memory is too short to time. */
const COUNTS_PER_RUN: Readonly<Record<CountMethod, number>> = {
  presence: 200_000,
  fetchSockets: 20,
  zCount: 500,
};
const METHODS = Object.keys(COUNTS_PER_RUN) as CountMethod[];

/** One of three nodes counts the sockets of all three. The methods take turns and must return the same number. */
export function countSockets(size: number): Subject {
  return async ({ runs }: Effort): Promise<Figure[]> => {
    // `isInstalled` has printed the reason.
    if (!isInstalled("redis")) return [];
    const redis = await startBroker(brokerRecipes.redis);
    const nodes: CountNodeProcess[] = [];
    const clients: Socket[] = [];
    try {
      while (nodes.length < NODES) nodes.push(await CountNodeProcess.start(redis.port));
      while (clients.length < size) {
        const more = Math.min(CONNECT_BATCH, size - clients.length);
        const added = Array.from({ length: more }, (_, at) => connect(nodes[(clients.length + at) % NODES]!));
        clients.push(...added);
        await Promise.all(
          added.map((client) => new Promise<void>((resolve) => client.once("connect", resolve))),
        );
      }
      for (const node of nodes) await node.ask({ ask: "agree", size });
      return figuresOf(size, await rounds(nodes[0]!, size, runs));
    } finally {
      for (const client of clients) client.disconnect();
      for (const node of nodes) await node.stop();
      await redis.remove();
    }
  };
}

function connect({ port }: CountNodeProcess): Socket {
  return io(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true, reconnection: false });
}

async function rounds(
  node: CountNodeProcess,
  size: number,
  runs: number,
): Promise<Record<CountMethod, number[]>> {
  const times: Record<CountMethod, number[]> = { presence: [], fetchSockets: [], zCount: [] };
  for (let run = 0; run <= runs; run++) {
    for (const method of METHODS) {
      const { counted, microsecondsPerCount } = await node.ask<Extract<CountAnswer, { counted: number }>>({
        ask: "count",
        method,
        times: COUNTS_PER_RUN[method],
      });
      equal(counted, size, method);
      // The first run warms up.
      if (run > 0) times[method].push(microsecondsPerCount);
    }
  }
  return times;
}

function figuresOf(size: number, times: Record<CountMethod, number[]>): Figure[] {
  const compare = (method: CountMethod, name: string): Figure[] => [
    { work: `… ${name}`, unit: "µs", samples: times[method] },
    { work: "… relative to ours", unit: "×", samples: ratios(times[method], times.presence), floor: method },
  ];
  return [
    {
      work: `count ${grouped(size)} sockets of three nodes, presence.count()`,
      unit: "µs",
      samples: times.presence,
    },
    ...compare("fetchSockets", "io.in(room).fetchSockets(), Redis adapter"),
    ...compare("zCount", "ZCOUNT of a sorted set in Redis"),
  ];
}
