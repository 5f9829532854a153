import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import { join, officialSocket } from "./official-client.ts";
import { pushAndWait } from "./official-member.ts";
import { serveRooms as serve } from "./serve-rooms.ts";

describe("the official client, with its Presence and ours side by side,", () => {
  it("sees joins, a second tab, updates, leaves and repeated joins", async () => {
    const { port } = await serve();
    const alice = join(officialSocket(port, { user: "alice" }), "room:lobby");
    await alice.sees("alice");
    const bob = join(officialSocket(port, { user: "bob" }), "room:lobby");
    for (const one of [alice, bob]) await one.sees("alice", "bob");
    const tab = join(officialSocket(port, { user: "bob" }), "room:lobby");
    for (const one of [alice, bob, tab]) await one.sees("alice", "bob", "bob");
    expect(alice.joins).toEqual([{ topic: "room:lobby" }]);

    expect(await pushAndWait(tab.channel, "update", { status: "away" })).toEqual(["ok", {}]);
    const metas = () => alice.presence.state["bob"]?.metas ?? [];
    await waitUntil(() => metas().some((meta) => meta["status"] === "away"), "bob to be away");
    expect(metas().map((meta) => meta["status"])).toEqual(["online", "away"]);

    tab.channel.leave();
    for (const one of [alice, bob]) await one.sees("alice", "bob");
    bob.channel.leave();
    await alice.sees("alice");
    const again = join(bob.socket, "room:lobby");
    for (const one of [alice, again]) await one.sees("alice", "bob");
    for (const one of [alice, bob, tab, again]) expect(one.compared).toBeGreaterThan(0);
    // Its own join is in its state, and no diff repeats it.
    expect(alice.calls.filter((call) => call.startsWith('["join","alice"'))).toHaveLength(1);
  });

  it("reconnects and joins again when its socket drops, and misses nothing", async () => {
    const { port } = await serve();
    const [alice, bob] = ["alice", "bob"].map((user) => join(officialSocket(port, { user }), "room:lobby"));
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    const carol = join(officialSocket(port, { user: "carol" }), "room:lobby");
    await bob!.sees("alice", "bob", "carol");
    (bob!.socket as unknown as { conn: { terminate(): void } }).conn.terminate();
    await waitUntil(() => bob!.joins.length === 2, "bob to be back");
    carol.socket.disconnect();
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
  });

  it("reconnects to a restarted server, and sees all members again", async () => {
    const first = await serve();
    const members = ["alice", "bob"].map((user) => join(officialSocket(first.port, { user }), "room:lobby"));
    for (const one of members) await one.sees("alice", "bob");
    await first.presence.close();
    await first.endpoint.close();
    first.server.closeAllConnections();
    first.server.close();
    await once(first.server, "close");
    await serve(first.port);
    await waitUntil(() => members.every(({ joins }) => joins.length === 2), "both to be back");
    for (const one of members) await one.sees("alice", "bob");
  });

  it("reconnects when the server disconnects its id, and when it has sent a malformed message", async () => {
    const { port, endpoint } = await serve();
    const [alice, bob] = ["alice", "bob"].map((user) => join(officialSocket(port, { user }), "room:lobby"));
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    endpoint.disconnect("users:bob");
    await waitUntil(() => bob!.joins.length === 2, "bob to be back");
    (bob!.socket as unknown as { conn: { send(text: string): void } }).conn.send("nonsense");
    await waitUntil(() => bob!.joins.length === 3, "bob to be back");
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    expect(alice!.joins).toHaveLength(1);
  });

  it("gets the reason why it may not join, and retries until it leaves", async () => {
    const { port } = await serve();
    const eve = join(officialSocket(port, { user: "eve" }), "room:closed");
    await waitUntil(() => eve.joins.length > 2, "some retries");
    expect(eve.joins.slice(0, 3)).toEqual(Array(3).fill({ reason: "closed" }));
    eve.channel.leave();
    const stranger = officialSocket(port);
    const errors: unknown[] = [];
    stranger.onError((error) => void errors.push(error));
    await waitUntil(() => errors.length > 1, "some attempts to connect");
    expect(stranger.isConnected()).toBe(false);
  });

  it("gets a reason from a full room, and joins when a member has left", async () => {
    const { port } = await serve(0, undefined, { maxPerTopic: 2 });
    const [alice, bob] = ["alice", "bob"].map((user) => join(officialSocket(port, { user }), "room:lobby"));
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    const carol = join(officialSocket(port, { user: "carol" }), "room:lobby");
    let crashes = 0;
    carol.channel.onError(() => void crashes++);
    await waitUntil(() => carol.joins.length > 2, "some retries");
    expect(carol.joins.slice(0, 3)).toEqual(Array(3).fill({ reason: "room is full" }));
    bob!.channel.leave();
    for (const one of [alice!, carol]) await one.sees("alice", "carol");
    expect(crashes).toBe(0);
  });

  it("joins again after its channel crashed, and the others see a leave and a join", async () => {
    const { port } = await serve();
    const [alice, bob] = ["alice", "bob"].map((user) => join(officialSocket(port, { user }), "room:lobby"));
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    let crashes = 0;
    bob!.channel.onError(() => void crashes++);
    bob!.channel.push("boom", {});
    await waitUntil(() => bob!.joins.length === 2, "bob to have joined again");
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    expect(crashes).toBe(1);
    expect(alice!.calls.some((call) => call.startsWith('["leave","bob"'))).toBe(true);
  });

  it("sends bytes, and gets bytes in a reply and in a broadcast", async () => {
    const { port } = await serve();
    const [alice, bob] = ["alice", "bob"].map((user) => join(officialSocket(port, { user }), "room:lobby"));
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    const received: number[][] = [];
    bob!.channel.on("shouted", (payload) => void received.push([...new Uint8Array(payload)]));
    const bytes = new Uint8Array([0, 1, 255]).buffer;
    const [status, response] = await pushAndWait(alice!.channel, "echo", bytes);
    expect([status, [...new Uint8Array(response as ArrayBuffer)]]).toEqual(["ok", [0, 1, 255]]);
    alice!.channel.push("shout", bytes);
    await waitUntil(() => received.length === 1, "bytes");
    expect(received).toEqual([[0, 1, 255]]);
  });

  it("gets an answer to its heartbeat", async () => {
    const { port } = await serve();
    const socket = officialSocket(port, { user: "alice" });
    await waitUntil(() => socket.isConnected(), "a connection");
    const latency = await new Promise((resolve) => socket.ping(resolve));
    expect(latency).toEqual(expect.any(Number));
  });
});
