import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type DriverConnection, type DriverName, drivers } from "../../../scripts/brokers/drivers.ts";
import type { Meta } from "../../../src/payload.ts";
import { createPresence, type Presence } from "../../../src/presence/index.ts";
import type { ReplicateMode } from "../../../src/wire/replica-message.ts";
import { followHearing, type HeardReplicas } from "./heard-replicas.ts";
import { messageTimes } from "./message-times.ts";
import { monotonicNow } from "./monotonic-now.ts";
import { modeOptions, type Numbers, numbersOf, type Shown } from "./replicate-modes.ts";
import { reportEvents, reportKeys } from "./report-events.ts";
import { SHORT_PERIODS } from "./trackers.ts";

// The program of a node process: it executes commands and reports events to its parent. Visitors connect to its visitor port
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
  /** The number of the request. The answer has the numbers that the node shows. */
  readonly show?: number;
  /** From now on, `silent` has the replicas that were silent since. */
  readonly forgetSilence?: true;
  readonly close?: true;
}

/** The answer to `show`. */
export interface ShownNumbers {
  readonly shown: number;
  readonly numbers: Numbers;
  /** Since when the node hears each replica without a break, by id and `monotonicNow`. */
  readonly heardSince: Readonly<Record<string, number>>;
}

export interface NodeStartOptions {
  /** By default presences. */
  readonly replicate?: ReplicateMode;
  readonly leaveDelayMs?: number;
  readonly diffWindowMs?: number;
  readonly downPeriodMs?: number;
  readonly permdownPeriodMs?: number;
  /** Whether to measure how long messages take. */
  readonly measuresMessages?: boolean;
}

const TOPICS = ["lobby", "kitchen"];

let presence: Presence<Meta, Shown> | undefined;
let connection: DriverConnection;
let heard: HeardReplicas;
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

async function execute(command: NodeCommand): Promise<void> {
  const { start, track, untrack, end: owner, show, forgetSilence, close } = command;
  if (start !== undefined) await startPresence(start);
  if (track !== undefined) presence!.track(track.owner, track.topic, track.key, { replica: ownId() });
  if (untrack !== undefined) presence!.untrack(untrack);
  if (owner !== undefined) presence!.end(owner);
  if (show !== undefined) await showNumbers(show);
  if (forgetSilence !== undefined) heard.forgetSilence();
  if (close !== undefined) await leave();
}

async function startPresence({
  driver,
  port,
  measuresMessages = false,
  replicate = "presences",
  ...options
}: NonNullable<NodeCommand["start"]>): Promise<void> {
  connection = await drivers[driver].connect(port);
  const times = measuresMessages ? await messageTimes(connection.pubsub) : undefined;
  const following = followHearing(connection.pubsub);
  heard = following.heard;
  presence = await createPresence<Meta, Shown>({
    pubsub: following.pubsub,
    ...SHORT_PERIODS,
    ...modeOptions[replicate],
    ...options,
    onKeyLeave: (_topic, key) => report({ gone: key }),
  });
  reportEvents(presence, report, heard);
  if (replicate === "presences")
    reportKeys(presence as object as Presence, report, () => times?.longestMs ?? 0);
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

async function showNumbers(shown: number): Promise<void> {
  const numbers = await numbersOf(presence!, TOPICS);
  const answer: ShownNumbers = { shown, numbers, heardSince: heard.since(monotonicNow()) };
  report(answer);
}

function ownId(): string {
  return presence!.replicas()[0]!.id;
}

function report(message: object): void {
  process.send?.(message, undefined, undefined, () => {});
}
