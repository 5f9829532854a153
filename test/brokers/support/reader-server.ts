import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { type DriverName, drivers } from "../../../scripts/brokers/drivers.ts";
import { countOnly, createPresence } from "../../../src/presence/index.ts";
import { NumberOverTime, type NumberSummary, type RightRange } from "../../support/number-over-time.ts";
import { messageTimes } from "./message-times.ts";

// The program of a server whose pages show how many read one article. It shuts down as docs/deploys.md says. On the way it
// measures the number that it shows, and how long messages between the servers take.

export interface ReaderServerCommand {
  readonly start?: {
    readonly driver: DriverName;
    readonly brokerPort: number;
    readonly replicaName: string;
    readonly leaveDelayMs: number;
  };
  /** Measures from now on. Numbers outside the range are wrong. */
  readonly measure?: RightRange;
  readonly close?: true;
}

/** The report of the server to its parent. */
export interface ReaderServerReport {
  readonly listening?: true;
  readonly synced?: boolean;
  /** The port for pages, once the server is synced. */
  readonly port?: number;
  /** The number that its pages show. */
  readonly shown?: number;
  readonly problem?: string;
  readonly closed?: { readonly number: NumberSummary; readonly longestMessageMs: number };
}

const TOPIC = "article";
const REPORT_EVERY_MS = 50;

let server: { readonly measure: (range: RightRange) => void; readonly close: () => Promise<void> };

process.on("message", (command: ReaderServerCommand) => void execute(command));
// Without its parent, the process would run forever.
process.on("disconnect", () => process.exit());
report({ listening: true });

async function execute({ start, measure, close }: ReaderServerCommand): Promise<void> {
  if (start !== undefined) server = await serve(start);
  if (measure !== undefined) server.measure(measure);
  if (close !== undefined) await server.close();
}

async function serve({
  driver,
  brokerPort,
  ...options
}: NonNullable<ReaderServerCommand["start"]>): Promise<typeof server> {
  const connection = await drivers[driver].connect(brokerPort);
  const { pubsub } = connection;
  const times = await messageTimes(pubsub);
  const presence = await createPresence({ pubsub, fetch: countOnly("readers"), ...options });
  for (const event of ["error", "warning"] as const)
    presence.on(event, ({ message }) => report({ problem: message }));

  // The number as a page counts it: the state, and each diff after it.
  let shown = 0;
  let range: RightRange | undefined;
  const number = new NumberOverTime();
  const record = () => range && number.record(shown, range, performance.now());
  presence.subscribe(TOPIC, ({ event, payload }) => {
    if (event === "presence_state") shown = payload.readers.count;
    else shown += payload.joins.readers.count - payload.leaves.readers.count;
    record();
  });
  const reports = setInterval(() => report({ shown }), REPORT_EVERY_MS);

  const synced = await presence.synced({ timeoutMs: 30_000 });
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    presence.track(socket, TOPIC, "readers");
    socket.send("counted");
  });
  await once(sockets, "listening");
  report({ synced, port: (sockets.address() as AddressInfo).port });

  return {
    measure(given) {
      range = given;
      times.reset();
      record();
    },
    async close() {
      const closed = presence.close();
      for (const socket of sockets.clients) socket.close(1001);
      sockets.close();
      number.moveTo(performance.now());
      report({ closed: { number: number.summary, longestMessageMs: times.longestMs } });
      clearInterval(reports);
      await closed;
      await times.stop();
      await connection.close();
      process.disconnect();
    },
  };
}

function report(message: ReaderServerReport): void {
  process.send?.(message, undefined, undefined, () => {});
}
