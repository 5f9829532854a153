import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type DriverConnection, type DriverName, drivers } from "../../../scripts/brokers/drivers.ts";
import { createPresence, type Presence } from "../../../src/presence/index.ts";
import { messageTimes } from "./message-times.ts";
import { reportEvents } from "./report-events.ts";
import { SHORT_PERIODS } from "./trackers.ts";

// The program of a node process: it executes commands and reports events to its parent. Visitors connect to its
// visitor port
// and send their key. They are present in the lobby until their socket closes.

export interface NodeCommand {
  readonly start?: NodeStartOptions & {
    readonly driver: DriverName;
    readonly port: number;
    readonly replicaName: string;
  };
  readonly track?: { readonly owner: string; readonly topic: string; readonly key: string };
  readonly untrack?: string;
  readonly end?: string;
  /** The number of the request. The answer contains all presences that the node lists. */
  readonly list?: number;
  readonly close?: true;
}

export interface NodeStartOptions {
  readonly leaveDelayMs?: number;
  readonly diffWindowMs?: number;
  readonly downPeriodMs?: number;
  readonly permdownPeriodMs?: number;
  /** Whether to measure how long messages take. */
  readonly measuresMessages?: boolean;
}

const TOPICS = ["lobby", "kitchen"];

let presence: Presence | undefined;
let connection: DriverConnection;
const visitors = new Set<Socket>();
const visitorServer = createServer(admit);

process.on("message", (command: NodeCommand) => void execute(command));
// Without its parent, the process would run forever.
process.on("disconnect", () => process.exit());
// The node can't start while the broker is away. It then exits and is started again, as in production.
process.on("uncaughtException", (error) => {
  if (presence !== undefined) process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
report({ listening: true });

async function execute({ start, track, untrack, end: owner, list, close }: NodeCommand): Promise<void> {
  if (start !== undefined) await startPresence(start);
  if (track !== undefined) presence!.track(track.owner, track.topic, track.key, { replica: ownId() });
  if (untrack !== undefined) presence!.untrack(untrack);
  if (owner !== undefined) presence!.end(owner);
  if (list !== undefined) report({ listed: list, keys: await listAll() });
  if (close !== undefined) await leave();
}

async function startPresence({
  driver,
  port,
  measuresMessages = false,
  ...options
}: NonNullable<NodeCommand["start"]>): Promise<void> {
  connection = await drivers[driver].connect(port);
  const times = measuresMessages ? await messageTimes(connection.pubsub) : undefined;
  presence = await createPresence({
    pubsub: connection.pubsub,
    ...SHORT_PERIODS,
    ...options,
    onKeyLeave: (_topic, key) => report({ gone: key }),
  });
  reportEvents(presence, report, () => times?.longestMs ?? 0);
  const synced = await presence.synced({ timeoutMs: 30_000 });
  visitorServer.listen(0, "127.0.0.1");
  await once(visitorServer, "listening");
  const { port: visitorPort } = visitorServer.address() as { port: number };
  report({ started: true, synced, id: ownId(), visitorPort });
}

function admit(socket: Socket): void {
  visitors.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => visitors.delete(socket));
  socket.once("data", (key) => {
    presence!.track(socket, "lobby", `${key}`, { replica: ownId() });
    socket.write("admitted");
  });
}

/**
 * Disconnects the visitors right after it announces its leaving, so that they may reconnect before the other nodes
 * know.
 */
async function leave(): Promise<void> {
  const closed = presence!.close();
  visitorServer.close();
  for (const socket of visitors) socket.destroy();
  await closed;
  await connection.close();
  report({ closed: true });
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

function report(message: object): void {
  process.send?.(message, undefined, undefined, () => {});
}
