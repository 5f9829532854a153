import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Socket } from "phoenix";
import { Socket as OlderSocket } from "phoenix-1.8.15";
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { waitUntil } from "../../scripts/wait-until.ts";
import { RawClient } from "../phoenix/raw-client.ts";
import { bundle } from "../support/bundle.ts";

const IDLE_TIMEOUT_MS = 4_000;

let program: Awaited<ReturnType<typeof bundle>>;
const processes: ChildProcess[] = [];

beforeAll(async () => {
  program = await bundle(new URL("./endpoint-node.ts", import.meta.url));
});

afterAll(() => program.remove());

afterEach(async () => {
  for (const each of processes.splice(0)) {
    const exited = once(each, "exit");
    each.kill("SIGKILL");
    await exited;
  }
});

/** Starts an endpoint in a process of its own, which can be stopped for longer than its idle timeout. */
async function startEndpoint() {
  const child = fork(program.path, { env: { ...process.env, IDLE_TIMEOUT_MS: `${IDLE_TIMEOUT_MS}` } });
  processes.push(child);
  const [port] = (await once(child, "message")) as [number];
  return {
    port,
    async pause(whileStopped: () => void) {
      child.kill("SIGSTOP");
      whileStopped();
      const stoppedAt = performance.now();
      await waitUntil(() => performance.now() - stoppedAt > 1.5 * IDLE_TIMEOUT_MS, "the pause to be over");
      child.kill("SIGCONT");
    },
  };
}

it("a process that was stopped closes none of 100 clients whose heartbeats wait in its buffers", async () => {
  const { port, pause } = await startEndpoint();
  const url = `ws://localhost:${port}/socket/websocket?vsn=2.0.0`;
  const clients = Array.from({ length: 100 }, () => new RawClient(url));
  for (const client of clients) await client.open();
  await pause(() => {
    for (const client of clients) client.send([null, "1", "phoenix", "heartbeat", {}]);
  });
  const answers = await Promise.all(clients.map((client) => client.take(1)));
  expect(answers).toEqual(
    Array(100).fill([[null, "1", "phoenix", "phx_reply", { status: "ok", response: {} }]]),
  );
  // They are still open, and each is closed only when it has been silent for the timeout.
  for (const client of clients) await client.settle();
  expect(clients.filter(({ closed }) => closed !== undefined)).toEqual([]);
  expect(new Set(await Promise.all(clients.map((client) => client.closeCode())))).toEqual(new Set([1001]));
}, 60_000);

it("official clients are back after their server was stopped, also those that do not return after 1000", async () => {
  const { port, pause } = await startEndpoint();
  const clients = [OlderSocket, Socket].map((Version) => {
    const socket = new Version(`ws://localhost:${port}/socket`, {
      transport: WebSocket as never,
      // It sends no heartbeat in this test, so its server closes it in the end.
      heartbeatIntervalMs: 60_000,
      reconnectAfterMs: () => 10,
      rejoinAfterMs: () => 10,
    });
    onTestFinished(() => socket.disconnect());
    socket.connect();
    const client = { joins: 0 };
    socket
      .channel("room:a")
      .join()
      .receive("ok", () => void client.joins++);
    return client;
  });
  await waitUntil(() => clients.every(({ joins }) => joins === 1), "both to have joined");
  await pause(() => {});
  await waitUntil(() => clients.every(({ joins }) => joins === 2), "both to be back");
}, 60_000);
