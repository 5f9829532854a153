import { WebSocket } from "ws";

// The program of many pages: each has one WebSocket, connects to any server, and connects again when its socket closes.

export interface ReaderPagesCommand {
  /** The ports that the load balancer knows. */
  readonly ports?: readonly number[];
  /** Opens this many pages. */
  readonly open?: number;
  /** Each page reloads every so often on average, in ms. With 0, none does. */
  readonly reloadEveryMs?: number;
}

/** The report of the pages to their parent. */
export interface ReaderPagesReport {
  readonly listening?: true;
  /** The pages that a server counts. */
  readonly counted: number;
  /** The longest time that a page was away, in ms. */
  readonly longestAwayMs: number;
}

/** How long a reloaded page is away, and how long a page waits before it connects again after its server has closed. */
const RELOAD_MS = [50, 500] as const;
const RETURN_MS = [50, 1_500] as const;
const REPORT_EVERY_MS = 50;

let ports: readonly number[] = [];
let reloadEveryMs = 0;
let counted = 0;
let longestAwayMs = 0;
const sockets = new Set<WebSocket>();

process.on("message", (command: ReaderPagesCommand) => {
  if (command.ports !== undefined) ports = command.ports;
  if (command.reloadEveryMs !== undefined) reloadEveryMs = command.reloadEveryMs;
  for (let page = 0; page < (command.open ?? 0); page++) connect();
});
process.on("disconnect", () => process.exit());
setInterval(report, REPORT_EVERY_MS);
setInterval(reloadSome, 10);
process.send!({ listening: true, counted, longestAwayMs } satisfies ReaderPagesReport);

function connect(awaySince?: number): void {
  const port = ports[Math.floor(Math.random() * ports.length)]!;
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  let isCounted = false;
  socket.on("error", () => {});
  socket.once("message", () => {
    isCounted = true;
    counted += 1;
    sockets.add(socket);
    if (awaySince !== undefined) longestAwayMs = Math.max(longestAwayMs, performance.now() - awaySince);
  });
  socket.once("close", (code) => {
    if (!isCounted) {
      setTimeout(connect, 20, awaySince);
      return;
    }
    counted -= 1;
    sockets.delete(socket);
    const [least, most] = code === 1001 ? RETURN_MS : RELOAD_MS;
    setTimeout(connect, between(least, most), performance.now());
  });
}

let reloadedUntil = performance.now();

/** Reloads pages at random, so that each reloads every `reloadEveryMs` on average. */
function reloadSome(): void {
  const now = performance.now();
  const passedMs = now - reloadedUntil;
  reloadedUntil = now;
  if (reloadEveryMs === 0) return;
  for (const socket of sockets) if (Math.random() < passedMs / reloadEveryMs) socket.close();
}

function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

function report(): void {
  process.send?.({ counted, longestAwayMs } satisfies ReaderPagesReport, undefined, undefined, () => {});
}
