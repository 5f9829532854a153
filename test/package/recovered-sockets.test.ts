import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { samplesOf } from "../../scripts/guide/samples.ts";
import { PresenceClient } from "../../src/client/presence-client.ts";
import { type ServedSample, serveSample } from "./serve-sample.ts";

let server: ServedSample;
const sockets: Socket[] = [];

beforeAll(async () => {
  const sample = samplesOf("docs/socket.io.md").find((code) => code.includes("connectionStateRecovery"))!;
  const program = sample
    // Long enough for a reconnect on a slow machine.
    .replace("leaveDelayMs: 5_000", "leaveDelayMs: 600_000")
    .replace(".listen(4_500)", ".listen(0, function () { console.log(this.address().port); })");
  server = await serveSample(program);
});

afterAll(() => {
  for (const socket of sockets) socket.disconnect();
  server.remove();
});

it("a recovered socket of Socket.IO shows its user exactly once, and misses nothing", async () => {
  const [alice, bob] = [open("alice"), open("bob")];
  alice.socket.emit("join", "lobby");
  bob.socket.emit("join", "lobby");
  await eventually(() => expect([alice.shown(), bob.shown()]).toEqual([both, both]));

  const seen: number[] = [];
  alice.client.onSync(() => seen.push(alice.client.state["bob"]?.metas.length ?? 0));
  const syncs: string[][] = [];
  bob.client.onSync(() => syncs.push(bob.shown()));
  const disconnected = new Promise((resolve) => bob.socket.once("disconnect", resolve));
  bob.socket.io.engine.close();
  await disconnected;
  await eventually(() => expect(bob.socket.recovered).toBe(true));
  await eventually(() => expect(syncs.at(-1)).toEqual(both));

  // carol comes, and both see her: their subscriptions are alive.
  open("carol").socket.emit("join", "lobby");
  await eventually(() => expect([alice.shown(), bob.shown()]).toEqual([three, three]));
  expect(new Set(seen)).toEqual(new Set([1]));
});

const both = ["alice 1", "bob 1"];
const three = [...both, "carol 1"];
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 20 });

function open(user: string): { socket: Socket; client: PresenceClient; shown(): string[] } {
  const client = new PresenceClient();
  const socket = io(server.address, { auth: { user }, forceNew: true, reconnectionDelay: 50 });
  sockets.push(socket);
  for (const event of ["presence_state", "presence_diff"]) {
    socket.on(event, (_room, payload) => client.receive({ event, payload }));
  }
  return { socket, client, shown: () => client.list((key, { metas }) => `${key} ${metas.length}`).sort() };
}
