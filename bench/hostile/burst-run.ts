import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { type Burst, packetOf } from "./bursts.ts";
import { ROOM, type RoomOptions, RoomProcess } from "./room-process.ts";

/** The effects of a burst on others. */
export interface BurstCost {
  /** The longest time that a frame of a bystander, who is in no room, waited for its answer. */
  readonly waitMs: number;
  /** Bytes that reached the members of the room, for each byte of the burst. */
  readonly amplification: number;
  /** Diffs that a member got for each window of 50 ms from its first diff to its last. */
  readonly diffsPerWindow: number;
  /** Memory of the server at the end, relative to that before. */
  readonly memory: number;
}

const WINDOW_MS = 50;
const CONNECT_BATCH = 100;
/** How long nothing must arrive until a burst is over. */
const QUIET_MS = 500;
const PROBE_EVERY_MS = 2;
const TIMEOUT_MS = 120_000;

/** Lets a client send a burst, and watches the others. */
export async function runBurst(
  by: RoomOptions["by"],
  { crowd, members: count, messages }: Burst,
): Promise<BurstCost> {
  const server = await RoomProcess.start({ by, crowd });
  const members: Client[] = [];
  for (let from = 0; from < count; from += CONNECT_BATCH) {
    const names = Array.from(
      { length: Math.min(CONNECT_BATCH, count - from) },
      (_, at) => `member${from + at}`,
    );
    members.push(...(await Promise.all(names.map((name) => Client.connect(server.port, name)))));
  }
  const [hostile, bystander] = [
    await Client.connect(server.port, "mallory"),
    await Client.connect(server.port, "bystander"),
  ];
  for (const member of [...members, hostile]) member.join();
  const all = [...members, hostile];
  await quiet(all);
  // Warms up the code for bystanders, and shows how long an answer takes in peace.
  await probeUntil(bystander, pause(200));
  const before = await server.memory();
  for (const member of members) member.reset();

  const packet = packetOf(messages);
  hostile.reset();
  hostile.write(packet);
  const waitMs = await probeUntil(bystander, quiet(all));
  const bytes = members.reduce((sum, member) => sum + member.bytes, 0);
  const diffsPerWindow = Math.max(...members.map((member) => member.diffsPerWindow));
  hostile.socket.terminate();
  await quiet(all);
  const memory = (await server.memory()) / before;
  for (const { socket } of [...members, bystander]) socket.terminate();
  await server.stop();
  return { waitMs, amplification: bytes / packet.length, diffsPerWindow, memory };
}

/** Sends heartbeats until `end` resolves. Returns the longest time to an answer. */
async function probeUntil(bystander: Client, end: Promise<void>): Promise<number> {
  let longest = 0;
  let isOver = false;
  void end.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const sentAt = performance.now();
    await bystander.heartbeat();
    longest = Math.max(longest, performance.now() - sentAt);
    await pause(PROBE_EVERY_MS);
  }
  await end;
  return longest;
}

/** Resolves when these clients have received nothing for a while. */
async function quiet(clients: readonly Client[]): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const lastAt = Math.max(startedAt, ...clients.map((client) => client.lastAt));
    const now = performance.now();
    if (now - lastAt >= QUIET_MS) return;
    if (now - startedAt > TIMEOUT_MS) throw new Error(`The burst was not over after ${TIMEOUT_MS} ms.`);
    await pause(lastAt + QUIET_MS - now);
  }
}

/** A client that counts what it gets. */
class Client {
  readonly socket: WebSocket;
  bytes = 0;
  lastAt = 0;
  #diffTimes: number[] = [];
  #onReply: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      this.bytes += data.length;
      this.lastAt = performance.now();
      // The event comes first, so most frames need not be parsed.
      const head = data.subarray(0, 80).toString();
      if (head.includes('"presence_diff"')) this.#diffTimes.push(this.lastAt);
      if (head.includes('"phx_reply"')) this.#onReply();
    });
    // The server may cut off the hostile client.
    socket.on("error", () => {});
  }

  static async connect(port: number, user: string): Promise<Client> {
    const url = `ws://127.0.0.1:${port}/socket/websocket?vsn=2.0.0&user=${user}`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, "open");
    return new Client(socket);
  }

  /** Of a client that got no diff, 0. */
  get diffsPerWindow(): number {
    const times = this.#diffTimes;
    if (times.length === 0) return 0;
    return times.length / (1 + (times.at(-1)! - times[0]!) / WINDOW_MS);
  }

  join(): void {
    this.socket.send(JSON.stringify(["1", "1", ROOM, "phx_join", {}]));
  }

  heartbeat(): Promise<void> {
    const replied = new Promise<void>((resolve) => {
      this.#onReply = resolve;
    });
    this.socket.send(JSON.stringify([null, "h", "phoenix", "heartbeat", {}]));
    return replied;
  }

  write(packet: Buffer): void {
    (this.socket as unknown as { _socket: Socket })._socket.write(packet);
  }

  reset(): void {
    this.bytes = 0;
    this.lastAt = performance.now();
    this.#diffTimes = [];
  }
}
