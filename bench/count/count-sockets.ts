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
/** So many connections are opened at once. */
const AT_ONCE = 100;

/** So often each way counts in a run: what is in memory is too quick to time once. */
const TIMES: Readonly<Record<CountMethod, number>> = { kept: 200_000, fetchSockets: 20, zCount: 500 };
const WAYS = Object.keys(TIMES) as CountMethod[];

/** One of three nodes counts the sockets of all of them, in each way in turn. All ways come to the same number. */
export function countSockets(size: number): Subject {
  return async ({ runs }: Effort): Promise<Figure[]> => {
    // It says so itself.
    if (!isInstalled("redis")) return [];
    const redis = await startBroker(brokerRecipes.redis);
    const nodes: CountNodeProcess[] = [];
    const clients: Socket[] = [];
    try {
      while (nodes.length < NODES) nodes.push(await CountNodeProcess.start(redis.port));
      while (clients.length < size) {
        const more = Math.min(AT_ONCE, size - clients.length);
        const comers = Array.from({ length: more }, (_, at) =>
          connect(nodes[(clients.length + at) % NODES]!),
        );
        clients.push(...comers);
        await Promise.all(
          comers.map((client) => new Promise<void>((resolve) => client.once("connect", resolve))),
        );
      }
      for (const node of nodes) await node.ask({ ask: "agree", size });
      return figuresOf(size, await rounds(nodes[0]!, size, runs));
    } finally {
      for (const client of clients) client.disconnect();
      for (const node of nodes) await node.end();
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
  const took: Record<CountMethod, number[]> = { kept: [], fetchSockets: [], zCount: [] };
  for (let run = 0; run <= runs; run++) {
    for (const way of WAYS) {
      const { counted, microseconds } = await node.ask<Extract<CountAnswer, { counted: number }>>({
        ask: "count",
        way,
        times: TIMES[way],
      });
      equal(counted, size, way);
      // The first warms up.
      if (run > 0) took[way].push(microseconds);
    }
  }
  return took;
}

function figuresOf(size: number, took: Record<CountMethod, number[]>): Figure[] {
  const beside = (way: CountMethod, name: string): Figure[] => [
    { work: `… ${name}`, unit: "µs", samples: took[way] },
    { work: "… that, to ours", unit: "×", samples: ratios(took[way], took.kept), floor: way },
  ];
  return [
    { work: `count ${grouped(size)} sockets of three nodes`, unit: "µs", samples: took.kept },
    ...beside("fetchSockets", "io.in(room).fetchSockets(), Redis adapter"),
    ...beside("zCount", "ZCOUNT of a sorted set in Redis"),
  ];
}
