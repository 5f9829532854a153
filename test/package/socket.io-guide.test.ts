import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { samplesOf } from "../../scripts/guide/samples.ts";
import { PresenceClient } from "../../src/client/presence-client.ts";
import { type ServedSample, serveSample } from "./serve-sample.ts";

let server: ServedSample;
const sockets: Socket[] = [];

beforeAll(async () => {
  const [sample] = samplesOf("docs/from-socket.io.md");
  // Long enough for a reload on a slow machine.
  const program = sample!.replace("leaveDelayMs: 2_000", "leaveDelayMs: 600_000");
  expect(program).not.toBe(sample);
  server = await serveSample(program, { PORT: "0" });
});

afterAll(() => {
  for (const socket of sockets) socket.disconnect();
  server.remove();
});

it("the server of the Socket.IO guide shows exactly the users of a room", async () => {
  const [alice, bob] = [enter("alice"), enter("bob")];
  await eventually(() => expect([alice.shown(), bob.shown()]).toEqual([both, both]));

  bob.socket.emit("status", "tea", "away");
  await eventually(() => expect(alice.shown()).toEqual(["alice: here", "bob: away"]));

  // bob reloads: alice always sees him exactly once.
  const seen: number[] = [];
  alice.client.onSync(() => seen.push(alice.client.state["bob"]?.metas.length ?? 0));
  bob.socket.disconnect();
  const bobAgain = enter("bob");
  await eventually(() => expect([alice.shown(), bobAgain.shown()]).toEqual([both, both]));
  expect(new Set(seen)).toEqual(new Set([1]));

  bobAgain.socket.emit("leave", "tea");
  await eventually(() => expect(alice.shown()).toEqual(["alice: here"]));
});

it("the server refuses unknown rooms and survives nonsense from clients", async () => {
  const eve = enter("eve");
  await eventually(() => expect(eve.shown()).toContain("eve: here"));
  for (const room of ["nowhere", "", 5, null, { room: "tea" }]) eve.socket.emit("join", room);
  for (const status of [5, null, "x".repeat(10_000)]) eve.socket.emit("status", "tea", status);
  eve.socket.emit("join", "tea");
  eve.socket.emit("leave", "nowhere");
  eve.socket.emit("status", "tea", "unharmed");
  await eventually(() => expect(eve.shown()).toContain("eve: unharmed"));

  const anonymous = connect({});
  const reason = await new Promise((resolve) => anonymous.once("disconnect", resolve));
  expect(reason).toBe("io server disconnect");
  expect(server.exitCode).toBe(null);
});

it("the server exits with 0 after SIGTERM", async () => {
  expect(await server.terminate()).toBe(0);
});

const both = ["alice: here", "bob: here"];
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 20 });

/** Opens the page of the guide as a user and joins the room. */
function enter(userId: string): { socket: Socket; client: PresenceClient; shown(): string[] } {
  const client = new PresenceClient();
  const socket = connect({ userId });
  socket.on("presence", (_room, message) => client.receive(message));
  socket.on("connect", () => socket.emit("join", "tea"));
  const shown = () => client.list((key, { metas }) => `${key}: ${metas[0]!["status"]}`).sort();
  return { socket, client, shown };
}

function connect(auth: object): Socket {
  const socket = io(server.address, { auth, forceNew: true });
  sockets.push(socket);
  return socket;
}
