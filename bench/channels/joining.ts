import { atMost, type Figure } from "../figure.ts";
import type { Effort, Subject } from "../suite.ts";
import { grouped } from "../text.ts";
import { Party } from "./party.ts";
import { Server } from "./server.ts";

/** What we aim at. */
interface Targets {
  readonly ms: number;
  readonly bytes: number;
  /** Of the server. */
  readonly cpuMs?: number;
  /** Of the server, at its peak, Node itself included. */
  readonly memoryBytes?: number;
}

interface JoiningOptions {
  readonly members: number;
  /** How many joins may be unanswered; all of them, if left out. */
  readonly atOnce?: number;
  /** Whether members get a number in place of the list. */
  readonly isCounted?: boolean;
  readonly targets: Targets;
  /** A tenth leaves at once, then. */
  readonly leaving?: { readonly targets: Targets };
}

/** What one party took. */
interface Took {
  readonly ms: number;
  readonly bytes: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** Larger parties take so long that a few say enough. */
const LARGE = 3_000;
const LARGE_RUNS = 3;

/** All join one room, and see all; a tenth of them leaves. */
export function joining(options: JoiningOptions): Subject {
  return async ({ runs }: Effort): Promise<Figure[]> => {
    const { members, atOnce, isCounted = false, targets, leaving } = options;
    const count = members >= LARGE ? Math.min(runs, LARGE_RUNS) : runs;
    const joined: Took[] = [];
    const left: Took[] = [];
    for (let run = 0; run < count; run++) {
      const server = await Server.start({ isCounted });
      const party = await Party.gather({ server, size: members, isCounted });
      joined.push(await take(server, party, () => party.join(atOnce)));
      if (leaving) left.push(await take(server, party, () => party.leave(members / 10)));
      party.end();
      await server.stop();
    }
    const how = atOnce === undefined ? "in a burst" : `${atOnce} at a time`;
    const what = isCounted ? "see the number of all" : "see all";
    return [
      ...figuresOf("joining", `${grouped(members)} join ${how} until all ${what}`, joined, targets),
      ...(leaving
        ? figuresOf("leaving", `a tenth of ${grouped(members)} leaves`, left, leaving.targets)
        : []),
    ];
  };
}

async function take(server: Server, party: Party, work: () => Promise<void>): Promise<Took> {
  party.takeBytes();
  await server.usage();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  return { ms, bytes: party.takeBytes(), ...(await server.usage()) };
}

function figuresOf(
  what: "joining" | "leaving",
  work: string,
  took: readonly Took[],
  targets: Targets,
): Figure[] {
  const figure = (name: string, unit: Figure["unit"], field: keyof Took): Figure => ({
    work: name,
    unit,
    samples: took.map((one) => one[field]),
    ...(targets[field] !== undefined && { target: atMost(targets[field]) }),
  });
  return [
    figure(work, "ms", "ms"),
    { ...figure("… bytes to the clients", "B", "bytes"), floor: `bytes, ${what}` },
    figure("… CPU of the server", "ms", "cpuMs"),
    figure("… memory of the server, at its peak", "B", "memoryBytes"),
  ];
}
