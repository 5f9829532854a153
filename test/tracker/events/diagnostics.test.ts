import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, describe, expect, it, vi } from "vitest";
import { waitUntil } from "../../../scripts/wait-until.ts";
import { OrderedEmitter } from "../../../src/emitter/ordered-emitter.ts";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import type { Diagnostics } from "../../../src/tracker/events/diagnostics.ts";
import type { TrackerOptions } from "../../../src/tracker/options/tracker-options.ts";
import type { Tracker } from "../../../src/tracker/tracker.ts";
import { flushPromises, twoNodes } from "../../presence/open-presence.ts";
import { uncaughtExceptionsDuring } from "../../support/uncaught-exceptions.ts";

const open: (() => unknown)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of open.splice(0)) await close();
});

async function tracker(options: Partial<TrackerOptions> = {}): Promise<Tracker> {
  const made = await createTracker({ pubsub: memoryPubSub(), replicaName: "tokyo", ...options });
  open.push(() => made.close());
  return made;
}

/** The messages of a channel until the test ends. */
function messagesOf<Name extends keyof Diagnostics>(
  name: Name,
  listener: (message: Diagnostics[Name]) => void = () => {},
): Diagnostics[Name][] {
  const messages: Diagnostics[Name][] = [];
  const listen = (message: unknown) => {
    messages.push(message as Diagnostics[Name]);
    listener(message as Diagnostics[Name]);
  };
  subscribe(name, listen);
  open.push(() => unsubscribe(name, listen));
  return messages;
}

const sumOf = (messages: readonly { readonly bytes: number }[]) =>
  messages.reduce((sum, { bytes }) => sum + bytes, 0);

describe("the channels of trackers", () => {
  it("report the joins and leaves of a tracker before the call returns", async () => {
    const diffs = messagesOf("rollcall:diff");
    const tokyo = await tracker({ clusterName: "shop" });
    tokyo.track("session", "lobby", "alice");
    tokyo.track("session", "kitchen", "alice");
    tokyo.update("session", "lobby", "alice", { typing: true });
    tokyo.untrack("session");
    const origin = { clusterName: "shop", replicaName: "tokyo", cause: "local" };
    expect(diffs).toEqual([
      { ...origin, joins: 1, leaves: 0 },
      { ...origin, joins: 1, leaves: 0 },
      { ...origin, joins: 1, leaves: 1 },
      { ...origin, joins: 0, leaves: 2 },
    ]);
  });

  it("report presences of other nodes too, and the cause", async () => {
    const all = messagesOf("rollcall:diff");
    const { tokyo, paris, network, pass } = await twoNodes();
    paris.presence.track("c", "lobby", "carol");
    await pass(6_000);
    network.isCut = true;
    await pass(60_000);
    const seen = all.filter(({ replicaName }) => replicaName === "tokyo");
    expect(seen.map(({ joins, leaves, cause }) => [joins, leaves, cause])).toEqual([
      [1, 0, "replica"],
      [1, 0, "remote"],
      [0, 2, "replica"],
    ]);
    expect(tokyo.presence.count("lobby")).toBe(0);
  });

  it("report every message with its bytes, sender and recipient", async () => {
    const sent = messagesOf("rollcall:message:sent");
    const received = messagesOf("rollcall:message:received");
    const { tokyo, paris, network, pass } = await twoNodes();
    tokyo.presence.track("a", "lobby", "alice");
    // It is lost, so Tokyo has to pull it from Paris.
    network.isCut = true;
    paris.presence.track("c", "lobby", "carol");
    await pass(3_000);
    network.isCut = false;
    await pass(9_000);
    expect(tokyo.presence.count("lobby")).toBe(3);
    for (const { presence } of [tokyo, paris]) {
      const { name } = presence.replicas()[0]!;
      const out = sent.filter(({ replicaName }) => replicaName === name);
      const back = received.filter(({ replicaName }) => replicaName === name);
      expect(presence.traffic()).toEqual({
        sentMessages: out.length,
        sentBytes: sumOf(out),
        receivedMessages: back.length,
        receivedBytes: sumOf(back),
        refusedMessages: 0,
      });
      expect(out.length).toBeGreaterThan(3);
    }
    // Tokyo receives all its own broadcasts. Some messages of Paris were lost.
    const byTokyo = ({ replicaName }: { replicaName: string }) => replicaName === "tokyo";
    const forAll = sent.filter(byTokyo).filter(({ to }) => to === undefined);
    expect(received.filter(byTokyo).filter(({ from }) => from?.name === "tokyo")).toHaveLength(forAll.length);
    const direct = sent.filter(({ to }) => to !== undefined);
    const idOf = new Map(
      [tokyo, paris].map(({ presence }) => [presence.replicas()[0]!.name, presence.replicas()[0]!.id]),
    );
    expect(direct.map(({ replicaName, to }) => [replicaName, to])).toEqual([
      ["tokyo", idOf.get("paris")],
      ["paris", idOf.get("tokyo")],
    ]);
  });

  it("report a refused message without a sender, and a warning", async () => {
    const received = messagesOf("rollcall:message:received");
    const warnings = messagesOf("rollcall:warning");
    const pubsub = memoryPubSub();
    const tokyo = await tracker({ pubsub });
    await pubsub.publish("rollcall:all", new Uint8Array([1, 250, 7]));
    await waitUntil(() => tokyo.traffic().refusedMessages === 1, "the message to be refused");
    expect(received.filter(({ from }) => from === undefined)).toEqual([
      { clusterName: "rollcall", replicaName: "tokyo", bytes: 3, from: undefined },
    ]);
    expect(warnings).toEqual([
      {
        clusterName: "rollcall",
        replicaName: "tokyo",
        error: expect.objectContaining({ code: "MALFORMED_MESSAGE" }),
      },
    ]);
  });

  it("report replicas that come up, go down and are forgotten", async () => {
    const replicas = messagesOf("rollcall:replica");
    const { paris, network, pass } = await twoNodes();
    const { id } = paris.presence.replicas()[0]!;
    network.isCut = true;
    await pass(60_000);
    network.isCut = false;
    await pass(6_000);
    await paris.close();
    await flushPromises();
    const origin = { clusterName: "rollcall", replicaName: "tokyo", replica: { name: "paris", id } };
    expect(replicas.filter(({ replicaName }) => replicaName === "tokyo")).toEqual([
      { ...origin, status: "up" },
      { ...origin, status: "down" },
      { ...origin, status: "up" },
      { ...origin, status: "permdown" },
    ]);
  });

  it("report a transport that fails", async () => {
    const errors = messagesOf("rollcall:error");
    const pubsub = memoryPubSub();
    const broken = { ...pubsub, publish: () => Promise.reject(new Error("the broker is away")) };
    const tokyo = await tracker({ pubsub: broken });
    tokyo.on("error", () => {});
    await waitUntil(() => errors.length > 0, "an error");
    expect(errors[0]).toEqual({
      clusterName: "rollcall",
      replicaName: "tokyo",
      error: expect.objectContaining({ code: "TRANSPORT", cause: new Error("the broker is away") }),
    });
  });
});

describe("a subscriber of a channel", () => {
  it("is what makes messages cost anything: without one, none is made", async () => {
    const queued = vi.spyOn(OrderedEmitter.prototype, "enqueueCall");
    const tokyo = await tracker();
    const trackAndLeave = () => {
      tokyo.track("session", "lobby", "alice");
      tokyo.untrack("session");
    };
    trackAndLeave();
    await waitUntil(() => tokyo.traffic().receivedMessages > 0, "a message to come back");
    expect(queued).not.toHaveBeenCalled();
    messagesOf("rollcall:diff");
    trackAndLeave();
    expect(queued).toHaveBeenCalledTimes(2);
  });

  it("may throw: Node makes that an uncaught exception, and the tracker and other subscribers go on", async () => {
    const tokyo = await tracker();
    const diffs: unknown[] = [];
    tokyo.on("diff", (diff) => diffs.push(...diff.keys()));
    const errors: Error[] = [];
    tokyo.on("error", (error) => errors.push(error));
    messagesOf("rollcall:diff", () => {
      throw new Error("no such metric");
    });
    const others = messagesOf("rollcall:diff");
    const thrown = await uncaughtExceptionsDuring(async () => {
      expect(tokyo.track("session", "lobby", "alice")).toBe(tokyo.getByKey("lobby", "alice")[0]!.phx_ref);
      tokyo.untrack("session");
    });
    expect(thrown).toEqual([new Error("no such metric"), new Error("no such metric")]);
    expect([others.length, diffs, errors]).toEqual([2, ["lobby", "lobby"], []]);
  });

  it("may call the tracker: the resulting events come after the current one", async () => {
    const tokyo = await tracker();
    const events: string[] = [];
    messagesOf("rollcall:diff", ({ joins }) => {
      events.push(`channel +${joins}`);
      if (tokyo.count("kitchen") === 0) tokyo.track("session", "kitchen", "alice");
    });
    for (const name of ["one", "other"]) {
      tokyo.on("diff", (diff) => events.push(`${name} ${[...diff.keys()]}`));
    }
    tokyo.track("session", "lobby", "alice");
    expect(events).toEqual([
      "one lobby",
      "other lobby",
      "channel +1",
      "one kitchen",
      "other kitchen",
      "channel +1",
    ]);
  });
});
