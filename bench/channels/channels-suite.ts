import type { Suite } from "../subject.ts";
import { joining } from "./joining.ts";
import { neverReading } from "./never-reading.ts";

/** One room over real sockets: the server is one process, all clients another. Our server and one of bare `ws` take turns. */
export const channels: Suite = {
  burst200: joining({ clients: 200, targets: { ms: 200, bytes: 3_500_000 } }),
  burst1000: joining({
    clients: 1_000,
    targets: { ms: 1_500, bytes: 85_000_000, cpuMs: 1_500, memoryBytes: 150_000_000 },
    leaving: { targets: { ms: 250, bytes: 8_000_000 } },
  }),
  ourClients1000: joining({ clients: 1_000, kind: "ours" }),
  sixteenAtATime1000: joining({ clients: 1_000, atOnce: 16, targets: { ms: 2_500, bytes: 100_000_000 } }),
  counts1000: joining({ clients: 1_000, kind: "counts", targets: { ms: 800, bytes: 5_000_000 } }),
  burst3000: joining({
    clients: 3_000,
    targets: { ms: 15_000, bytes: 720_000_000, cpuMs: 4_000, memoryBytes: 300_000_000 },
  }),
  neverReading,
};
