import type { Figure } from "../figure.ts";
import { collectGarbage } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort, Subject } from "../subject.ts";
import { cpuMsSince } from "./answer-parent.ts";
import type { ClientViewKind } from "./client-views.ts";
import { RoomClients } from "./room-clients.ts";
import { figuresOf, type RoomCost, type RoomCostTargets } from "./room-cost.ts";
import type { RoomOptions } from "./server-messages.ts";
import { ServerProcess } from "./server-process.ts";

interface JoiningOptions {
  readonly clients: number;
  /** The number of joins that may be pending at a time. Default: all. */
  readonly atOnce?: number;
  /** The view of each client. Default `names`. With `counts` the server sends them a count instead of the list. */
  readonly kind?: ClientViewKind;
  readonly targets?: RoomCostTargets;
  /** After the joins, a tenth of the clients leaves at once. */
  readonly leaving?: { readonly targets: RoomCostTargets };
}

/** Rooms of this size and above are slow, so they get fewer runs. */
const LARGE = 3_000;
const LARGE_RUNS = 3;
const WARM_UP = 200;

const SERVERS = ["rollcall", "bareWs"] as const;

const OUTCOMES: Readonly<Record<ClientViewKind, string>> = {
  names: "see all",
  ours: "see all, with our client",
  counts: "see the count of all",
};

/** All clients join one room and see each other; then a tenth may leave. Our server and bare `ws` take turns. */
export function joining(options: JoiningOptions): Subject {
  return async ({ runs }: Effort): Promise<Figure[]> => {
    const { clients, atOnce, kind = "names", targets, leaving } = options;
    const count = clients >= LARGE ? Math.min(runs, LARGE_RUNS) : runs;
    const results = { rollcall: [] as RoomRun[], bareWs: [] as RoomRun[] };
    // Warms up the process of the clients.
    for (const by of SERVERS) await runRoom(by, { ...options, clients: Math.min(clients, WARM_UP) });
    for (let run = 0; run < count; run++) {
      for (const by of SERVERS) results[by].push(await runRoom(by, options));
    }
    const how = atOnce === undefined ? "in a burst" : `${atOnce} at a time`;
    const joins = {
      name: "joining" as const,
      work: `${grouped(clients)} join ${how} until all ${OUTCOMES[kind]}`,
      ours: results.rollcall.map((run) => run.joining),
      bareWs: results.bareWs.map((run) => run.joining),
      targets,
    };
    if (leaving === undefined) return figuresOf(joins);
    const leaves = {
      name: "leaving" as const,
      work: `a tenth of ${grouped(clients)} leaves`,
      ours: results.rollcall.map((run) => run.leaving!),
      bareWs: results.bareWs.map((run) => run.leaving!),
      targets: leaving.targets,
    };
    return [...figuresOf(joins), ...figuresOf(leaves)];
  };
}

interface RoomRun {
  readonly joining: RoomCost;
  readonly leaving: RoomCost | undefined;
}

async function runRoom(by: RoomOptions["by"], options: JoiningOptions): Promise<RoomRun> {
  const { clients: size, atOnce, kind = "names", leaving } = options;
  const server = await ServerProcess.start({ by, isCounted: kind === "counts" });
  const room = await RoomClients.connect({ server, size, kind });
  const costOf = async (work: () => Promise<void>): Promise<RoomCost> => {
    const cost = await measureCost(server, room, work);
    room.compareNames();
    return cost;
  };
  const run = {
    joining: await costOf(() => room.join(atOnce)),
    leaving: leaving && (await costOf(() => room.leave(size / 10))),
  };
  room.terminate();
  await server.stop();
  return run;
}

async function measureCost(
  server: ServerProcess,
  room: RoomClients,
  work: () => Promise<void>,
): Promise<RoomCost> {
  room.takeBytes();
  await server.usage();
  collectGarbage();
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const [ms, clientCpuMs] = [performance.now() - start, cpuMsSince(cpu)];
  return { ms, bytes: room.takeBytes(), clientCpuMs, ...(await server.usage()) };
}
