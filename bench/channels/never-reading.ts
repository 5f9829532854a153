import { equal } from "node:assert/strict";
import { type Figure, ratios } from "../figure.ts";
import type { Effort } from "../subject.ts";
import { RoomClients } from "./room-clients.ts";
import { ServerProcess } from "./server-process.ts";

const CLIENTS = 50;
/** The broadcasts take 4 s. */
const TIMEOUT_MS = 60_000;
/** More bytes in all than the sockets and the endpoint buffer for a client that does not read. */
const BROADCAST = { count: 800, everyMs: 5, bytes: 16_000 };

/** The time from a broadcast to the clients that read, with and without a client in the room that stopped reading. */
export async function neverReading({ runs }: Effort): Promise<Figure[]> {
  const without: number[][] = [];
  const withStalled: number[][] = [];
  for (let run = 0; run < runs; run++) {
    without.push(await deliveryDelays(false));
    withStalled.push(await deliveryDelays(true));
  }
  const [p99Without, p99With] = [without.map(p99), withStalled.map(p99)];
  return [
    { work: "broadcast to each of 50 clients, p50", unit: "ms", samples: without.map(p50) },
    { work: "… p99", unit: "ms", samples: p99Without },
    { work: "the same next to a client that never reads, p50", unit: "ms", samples: withStalled.map(p50) },
    { work: "… p99", unit: "ms", samples: p99With },
    {
      work: "… p99, relative to without it",
      unit: "×",
      samples: ratios(p99With, p99Without),
      floor: "p99 next to a client that never reads",
    },
  ];
}

/** The delays of all deliveries in ms, ascending. */
async function deliveryDelays(hasStalledClient: boolean): Promise<number[]> {
  const server = await ServerProcess.start({ by: "rollcall", isCounted: false });
  const delays: number[] = [];
  const expected = BROADCAST.count * CLIENTS;
  let onAllReceived: () => void;
  const allReceived = new Promise<void>((resolve) => (onAllReceived = resolve));
  const room = await RoomClients.connect({
    server,
    size: CLIENTS + (hasStalledClient ? 1 : 0),
    onBroadcast: (sentAt) => {
      delays.push(performance.timeOrigin + performance.now() - sentAt);
      if (delays.length === expected) onAllReceived();
    },
  });
  await room.join();
  const stalled = hasStalledClient ? room.clients.pop() : undefined;
  stalled?.stopReading();
  // The server cuts it off, so it leaves the room, while the others receive every broadcast.
  const agreement = room.waitForCount(CLIENTS);
  server.ask({ ask: "broadcast", ...BROADCAST });
  const timeout = setTimeout(() => {
    // On a busy machine, clients may read too slowly, and the server cuts them off too.
    throw new Error(`${delays.length} of ${expected} broadcasts arrived within ${TIMEOUT_MS} ms`);
  }, TIMEOUT_MS);
  await allReceived;
  clearTimeout(timeout);
  await agreement;
  equal(delays.length, expected);
  stalled?.terminate();
  room.terminate();
  await server.stop();
  return delays.sort((one, other) => one - other);
}

function p50(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length * 0.5)]!;
}

function p99(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length * 0.99)]!;
}
