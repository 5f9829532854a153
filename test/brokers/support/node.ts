import { createTracker, type Tracker } from "../../../src/tracker/index.ts";
import { type DriverName, drivers, type End } from "./drivers.ts";
import { periods } from "./periods.ts";

// A node of a cluster over a broker, in a process of its own: it does what it is told, and tells what it sees.

export interface Order {
  readonly start?: {
    readonly driver: DriverName;
    readonly port: number;
    readonly replicaName: string;
    readonly leaveDelayMs?: number;
  };
  readonly track?: { readonly owner: string; readonly topic: string; readonly key: string };
  readonly end?: string;
  /** Answered with every presence that it lists. */
  readonly list?: number;
  readonly close?: true;
}

const TOPICS = ["lobby", "kitchen"];

let tracker: Tracker | undefined;
let end: End;

process.on("message", (order: Order) => void obey(order));
// Whoever started us is gone: nobody would end us.
process.on("disconnect", () => process.exit());
// While the broker is away it can't start: as in production, it ends, and is started again.
process.on("uncaughtException", (error) => {
  if (tracker !== undefined) process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
tell({ listening: true });

async function obey({ start, track, end: owner, list, close }: Order): Promise<void> {
  if (start !== undefined) await begin(start);
  if (track !== undefined) tracker!.track(track.owner, track.topic, track.key);
  if (owner !== undefined) tracker!.end(owner);
  if (list !== undefined) tell({ listed: list, keys: listAll() });
  if (close !== undefined) {
    await tracker!.close();
    await end.end();
    tell({ closed: true });
    process.disconnect();
  }
}

async function begin({ driver, port, ...options }: NonNullable<Order["start"]>): Promise<void> {
  end = await drivers[driver].connect(port);
  const started = await createTracker({
    pubsub: end.pubsub,
    ...periods,
    ...options,
  });
  tracker = started;
  for (const name of ["replica-up", "replica-down", "replica-permdown"] as const) {
    started.on(name, (replica) => tell({ [name]: replica.name }));
  }
  started.on("diff", (diff) => {
    for (const [, { joins, leaves }] of diff)
      tell({ joins: Object.keys(joins), leaves: Object.keys(leaves) });
  });
  started.on("error", (error) => tell({ error: error.message }));
  started.on("warning", (warning) => tell({ warning: warning.message }));
  tell({ started: true, synced: await started.synced({ timeoutMs: 30_000 }) });
}

function listAll(): string[] {
  return TOPICS.flatMap((topic) => tracker!.list(topic).map(([key]) => `${topic} ${key}`)).sort();
}

function tell(message: object): void {
  process.send?.(message, undefined, undefined, () => {});
}
