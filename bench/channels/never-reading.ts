import { equal } from "node:assert/strict";
import { type Figure, ratios } from "../figure.ts";
import type { Effort } from "../subject.ts";
import { RoomClients } from "./room-clients.ts";
import { ServerProcess } from "./server-process.ts";

const MEMBERS = 50;
/** More in all than sockets and the endpoint keep for one that does not read. */
const NEWS = { count: 800, everyMs: 5, bytes: 16_000 };

/** From a broadcast to the members that read, in ms: with one among them that stopped reading, and without. */
export async function neverReading({ runs }: Effort): Promise<Figure[]> {
  const without: number[][] = [];
  const within: number[][] = [];
  for (let run = 0; run < runs; run++) {
    without.push(await deliveries(false));
    within.push(await deliveries(true));
  }
  const [p99Without, p99Within] = [without.map(p99), within.map(p99)];
  return [
    { work: "broadcast to each of 50 members, median", unit: "ms", samples: without.map(p50) },
    { work: "… 99 of 100 within", unit: "ms", samples: p99Without },
    { work: "the same beside one that never reads, median", unit: "ms", samples: within.map(p50) },
    { work: "… 99 of 100 within", unit: "ms", samples: p99Within },
    {
      work: "… to without it, 99 of 100",
      unit: "×",
      samples: ratios(p99Within, p99Without),
      floor: "beside one that never reads",
    },
  ];
}

async function deliveries(withOneThatNeverReads: boolean): Promise<number[]> {
  const server = await ServerProcess.start({ by: "ours", isCounted: false });
  const delays: number[] = [];
  let done: () => void;
  const all = new Promise<void>((resolve) => (done = resolve));
  const party = await RoomClients.connect({
    server,
    size: MEMBERS + (withOneThatNeverReads ? 1 : 0),
    onNews: (sentAt) => {
      delays.push(performance.timeOrigin + performance.now() - sentAt);
      if (delays.length === NEWS.count * MEMBERS) done();
    },
  });
  await party.join();
  const stalled = withOneThatNeverReads ? party.clients.pop() : undefined;
  stalled?.stopReading();
  // It is cut off, and so gone from the room, while the others get everything.
  const agreement = party.waitForCount(MEMBERS);
  server.ask({ ask: "broadcast", ...NEWS });
  await all;
  await agreement;
  equal(delays.length, NEWS.count * MEMBERS);
  stalled?.terminate();
  party.end();
  await server.stop();
  return delays.sort((one, other) => one - other);
}

function p50(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length * 0.5)]!;
}

function p99(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length * 0.99)]!;
}
