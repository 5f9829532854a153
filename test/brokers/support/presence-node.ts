import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type DriverConnection, type DriverName, drivers } from "../../../scripts/brokers/drivers.ts";
import { createPresence, type Presence } from "../../../src/presence/index.ts";
import { SHORT_PERIODS } from "./periods.ts";
import { reportEvents } from "./report-events.ts";

// A node of a cluster over a broker, in a process of its own: it does what it is told, and tells what it sees. Visitors
// come in by its door, which is a port, say who they are, and are in the lobby until their socket closes.

export interface NodeCommand {
  readonly start?: NodeStartOptions & {
    readonly driver: DriverName;
    readonly port: number;
    readonly replicaName: string;
  };
  readonly track?: { readonly owner: string; readonly topic: string; readonly key: string };
  readonly untrack?: string;
  readonly end?: string;
  /** Answered with every presence that it lists. */
  readonly list?: number;
  readonly close?: true;
}

export interface NodeStartOptions {
  readonly leaveDelayMs?: number;
  readonly diffWindowMs?: number;
  readonly downPeriodMs?: number;
  readonly permdownPeriodMs?: number;
}

const TOPICS = ["lobby", "kitchen"];

let presence: Presence | undefined;
let end: DriverConnection;
const visitors = new Set<Socket>();
const door = createServer(welcome);

process.on("message", (order: NodeCommand) => void obey(order));
// Whoever started us is gone: nobody would end us.
process.on("disconnect", () => process.exit());
// While the broker is away it can't start: as in production, it ends, and is started again.
process.on("uncaughtException", (error) => {
  if (presence !== undefined) process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
tell({ listening: true });

async function obey({ start, track, untrack, end: owner, list, close }: NodeCommand): Promise<void> {
  if (start !== undefined) await begin(start);
  if (track !== undefined) presence!.track(track.owner, track.topic, track.key, { replica: ownId() });
  if (untrack !== undefined) presence!.untrack(untrack);
  if (owner !== undefined) presence!.end(owner);
  if (list !== undefined) tell({ listed: list, keys: await listAll() });
  if (close !== undefined) await leave();
}

async function begin({ driver, port, ...options }: NonNullable<NodeCommand["start"]>): Promise<void> {
  end = await drivers[driver].connect(port);
  presence = await createPresence({
    pubsub: end.pubsub,
    ...SHORT_PERIODS,
    ...options,
    onKeyLeave: (_topic, key) => tell({ gone: key }),
  });
  reportEvents(presence, tell);
  const synced = await presence.synced({ timeoutMs: 30_000 });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const { port: doorPort } = door.address() as { port: number };
  tell({ started: true, synced, id: ownId(), door: doorPort });
}

function welcome(socket: Socket): void {
  visitors.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => visitors.delete(socket));
  socket.once("data", (key) => {
    presence!.track(socket, "lobby", `${key}`, { replica: ownId() });
    socket.write("welcome");
  });
}

/** First the others are told, and not waited for: the visitors may be elsewhere before the others hear of it. */
async function leave(): Promise<void> {
  const closed = presence!.close();
  door.close();
  for (const socket of visitors) socket.destroy();
  await closed;
  await end.close();
  tell({ closed: true });
  process.disconnect();
}

async function listAll(): Promise<string[]> {
  const lists = TOPICS.map(async (topic) => {
    const [listed, count] = [presence!.list(topic), presence!.count(topic)];
    const keys = Object.entries(await listed).flatMap(([key, { metas }]) =>
      metas.map(() => `${topic} ${key}`),
    );
    return keys.length === count ? keys : [...keys, `${topic} has a count of ${count}`];
  });
  return (await Promise.all(lists)).flat().sort();
}

function ownId(): string {
  return presence!.replicas()[0]!.id;
}

function tell(message: object): void {
  process.send?.(message, undefined, undefined, () => {});
}
