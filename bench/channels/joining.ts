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
  readonly members: number;
  /** How many joins may be unanswered; all of them, if left out. */
  readonly atOnce?: number;
  /** What clients make of what they get: a set of names, if left out. With `counts` they get a number in place of the list. */
  readonly kind?: ClientViewKind;
  readonly targets?: RoomCostTargets;
  /** A tenth leaves at once, then. */
  readonly leaving?: { readonly targets: RoomCostTargets };
}

/** Larger parties take so long that a few say enough. */
const LARGE = 3_000;
const LARGE_RUNS = 3;

/** All join one room, and see all; a tenth of them leaves. At our server and at the limit, in turn, with the same clients. */
export function joining(options: JoiningOptions): Subject {
  return async ({ runs }: Effort): Promise<Figure[]> => {
    const { members, atOnce, kind = "names", targets, leaving } = options;
    const count = members >= LARGE ? Math.min(runs, LARGE_RUNS) : runs;
    const taken = { ours: [] as Evening[], limit: [] as Evening[] };
    // The process of the clients warms up.
    for (const by of BOTH) await evening(by, { ...options, members: Math.min(members, WARM_UP) });
    for (let run = 0; run < count; run++) {
      for (const by of BOTH) taken[by].push(await evening(by, options));
    }
    const how = atOnce === undefined ? "in a burst" : `${atOnce} at a time`;
    const joined = {
      name: "joining" as const,
      work: `${grouped(members)} join ${how} until all ${WHAT[kind]}`,
      ours: taken.ours.map((one) => one.joining),
      limit: taken.limit.map((one) => one.joining),
      targets,
    };
    if (leaving === undefined) return figuresOf(joined);
    const left = {
      name: "leaving" as const,
      work: `a tenth of ${grouped(members)} leaves`,
      ours: taken.ours.map((one) => one.leaving!),
      limit: taken.limit.map((one) => one.leaving!),
      targets: leaving.targets,
    };
    return [...figuresOf(joined), ...figuresOf(left)];
  };
}

const BOTH = ["ours", "limit"] as const;
const WARM_UP = 200;

const WHAT: Readonly<Record<ClientViewKind, string>> = {
  names: "see all",
  ours: "see all, by our client",
  counts: "see the number of all",
};

/** What a party took. */
interface Evening {
  readonly joining: RoomCost;
  readonly leaving: RoomCost | undefined;
}

async function evening(by: RoomOptions["by"], options: JoiningOptions): Promise<Evening> {
  const { members, atOnce, kind = "names", leaving } = options;
  const server = await ServerProcess.start({ by, isCounted: kind === "counts" });
  const party = await RoomClients.connect({ server, size: members, kind });
  const take = async (work: () => Promise<void>): Promise<RoomCost> => {
    const took = await measured(server, party, work);
    party.compareNames();
    return took;
  };
  const took = {
    joining: await take(() => party.join(atOnce)),
    leaving: leaving && (await take(() => party.leave(members / 10))),
  };
  party.end();
  await server.stop();
  return took;
}

async function measured(
  server: ServerProcess,
  party: RoomClients,
  work: () => Promise<void>,
): Promise<RoomCost> {
  party.takeBytes();
  await server.usage();
  collectGarbage();
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const [ms, clientCpuMs] = [performance.now() - start, cpuMsSince(cpu)];
  return { ms, bytes: party.takeBytes(), clientCpuMs, ...(await server.usage()) };
}
