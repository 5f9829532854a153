import { EventEmitter } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { countOnly } from "../../src/presence/count-only.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import type { PresenceMessage } from "../../src/presence/presence-message.ts";
import type { PresenceOptions } from "../../src/presence/presence-options.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { flushPromises, manualFetch, openPresence, recordMessages, summaryOf } from "./open-presence.ts";

describe("a presence as a tracker", () => {
  it("tracks, updates, untracks and counts synchronously", async () => {
    const { presence } = await openPresence();
    const first = presence.track("phone", "lobby", "alice", { device: "phone" });
    const second = presence.update("phone", "lobby", "alice", (meta) => ({ ...meta, typing: true }));
    presence.track("laptop", "lobby", "alice");
    presence.track("phone", "kitchen", 7);
    expect([presence.count("lobby"), presence.count("lobby", "alice"), presence.keyCount("lobby")]).toEqual([
      2, 2, 1,
    ]);
    expect(presence.count("kitchen", 7)).toBe(1);
    expect(presence.topics()).toEqual(["lobby", "kitchen"]);
    expect(presence.presencesOf("phone")).toEqual([
      {
        topic: "lobby",
        key: "alice",
        meta: { device: "phone", typing: true, phx_ref: second, phx_ref_prev: first },
      },
      { topic: "kitchen", key: "7", meta: { phx_ref: expect.any(String) } },
    ]);
    presence.untrack("phone", "kitchen", 7);
    presence.untrack("laptop");
    presence.end("phone");
    expect(presence.topics()).toEqual([]);
  });

  it("removes the presences of a socket that closes", async () => {
    const { presence } = await openPresence();
    const socket = new EventEmitter();
    presence.track(socket, "lobby", "alice");
    socket.emit("close");
    expect(presence.count("lobby")).toBe(0);
  });

  it("joins its cluster and reports replicas, sync and traffic", async () => {
    const pubsub = memoryPubSub();
    const { presence: tokyo, clock } = await openPresence({ pubsub, replicaName: "tokyo" });
    const met: string[] = [];
    tokyo.once("replica-up", ({ name }) => met.push(name));
    const { presence: paris } = await openPresence({ pubsub, clock, replicaName: "paris" });
    paris.track("session", "lobby", "bob");
    const isSynced = tokyo.synced({ timeoutMs: 60_000 });
    for (let beats = 0; beats < 3; beats++) {
      await flushPromises();
      clock.advance(1_500);
    }
    expect(await isSynced).toBe(true);
    expect(tokyo.count("lobby", "bob")).toBe(1);
    expect(tokyo.replicas().map(({ name, status }) => `${name} ${status}`)).toEqual(["tokyo up", "paris up"]);
    expect([met, tokyo.traffic().sentMessages > 0]).toEqual([["paris"], true]);
  });

  it("emits an error when the transport fails", async () => {
    const pubsub = memoryPubSub();
    const { clock, errors } = await openPresence({ pubsub });
    pubsub.publish = () => Promise.reject(new Error("no route"));
    clock.advance(4_500);
    await flushPromises();
    expect(errors[0]).toMatchObject({ code: "TRANSPORT" });
  });
});

describe("list and getByKey", () => {
  it("return the projection of the presences by key", async () => {
    const { presence } = await openPresence({
      fetch: (topic, presences) =>
        Object.fromEntries(Object.keys(presences).map((key) => [key, `${key} in ${topic}`])),
    });
    presence.track("phone", "lobby", "alice");
    presence.track("laptop", "lobby", "alice");
    presence.track("session", "lobby", 7);
    expect(await presence.list("lobby")).toEqual({ 7: "7 in lobby", alice: "alice in lobby" });
    expect(await presence.getByKey("lobby", "alice")).toBe("alice in lobby");
    expect(await presence.getByKey("lobby", 7)).toBe("7 in lobby");
  });

  it("return the presences themselves without a fetch", async () => {
    const { presence } = await openPresence();
    const first = presence.track("phone", "lobby", "alice", { device: "phone" });
    const second = presence.track("laptop", "lobby", "alice", { device: "laptop" });
    const alice = {
      metas: [
        { device: "phone", phx_ref: first },
        { device: "laptop", phx_ref: second },
      ],
    };
    expect(await presence.list("lobby")).toEqual({ alice });
    expect(await presence.getByKey("lobby", "alice")).toEqual(alice);
    expect(await presence.list("nowhere")).toEqual({});
  });

  it("call fetch once; getByKey calls it for its key only, and not for a missing key", async () => {
    const fetch = vi.fn((_topic: string, presences: object) => presences);
    const { presence } = await openPresence({ fetch });
    presence.track("phone", "lobby", "alice");
    presence.track("session", "lobby", "bob");
    await presence.list("lobby");
    expect(fetch.mock.calls.map(([, presences]) => Object.keys(presences))).toEqual([["alice", "bob"]]);
    await presence.getByKey("lobby", "bob");
    expect(fetch.mock.calls.map(([, presences]) => Object.keys(presences))).toEqual([
      ["alice", "bob"],
      ["bob"],
    ]);
    expect(await presence.getByKey("lobby", "carol")).toBeUndefined();
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it("treat __proto__ and constructor as ordinary keys", async () => {
    const { presence } = await openPresence();
    expect(await presence.getByKey("lobby", "constructor")).toBeUndefined();
    presence.track("session", "lobby", "__proto__");
    expect(Object.keys(await presence.list("lobby"))).toEqual(["__proto__"]);
    expect(await presence.getByKey("lobby", "__proto__")).toEqual({
      metas: [{ phx_ref: expect.any(String) }],
    });
    const { presence: hiding } = await openPresence({ fetch: () => ({}) });
    hiding.track("session", "lobby", "constructor");
    expect(await hiding.getByKey("lobby", "constructor")).toBeUndefined();
  });

  it("reject with the reason when fetch fails, and never show the presences instead", async () => {
    const boom = new Error("boom");
    for (const fetch of [
      () => Promise.reject(boom),
      () => {
        throw boom;
      },
    ]) {
      const { presence, errors } = await openPresence({ fetch });
      presence.track("session", "lobby", "alice");
      const failure = {
        code: "FETCH",
        topic: "lobby",
        cause: boom,
        message: expect.stringContaining("boom"),
      };
      await expect(presence.list("lobby")).rejects.toMatchObject(failure);
      await expect(presence.getByKey("lobby", "alice")).rejects.toMatchObject(failure);
      expect(errors).toEqual([]);
    }
  });

  it("reject when fetch returns no object or throws a value that is no error", async () => {
    for (const fetch of [
      () => undefined,
      () => Promise.resolve(null),
      () => Promise.reject(Object.create(null)),
    ]) {
      const { presence } = await openPresence({ fetch: fetch as never });
      await expect(presence.list("lobby")).rejects.toMatchObject({ code: "FETCH" });
    }
  });

  it("reject after fetchTimeoutMs", async () => {
    const { fetch } = manualFetch();
    const { presence, clock } = await openPresence({ fetch, fetchTimeoutMs: 300 });
    const list = presence.list("lobby");
    clock.advance(299);
    expect(await Promise.race([list, flushPromises()])).toBeUndefined();
    clock.advance(1);
    await expect(list).rejects.toMatchObject({ code: "FETCH_TIMEOUT", topic: "lobby" });
  });
});

describe("the diff event", () => {
  it("projects joins and leaves separately, even if one is empty", async () => {
    const { presence } = await openPresence({ fetch: countOnly("viewers", "users") });
    const diffs: unknown[] = [];
    presence.on("diff", (diff) => diffs.push(...diff));
    presence.track("session", "lobby", "viewers");
    presence.untrack("session");
    const none = { viewers: { count: 0 }, users: { count: 0 } };
    const one = { viewers: { count: 1 }, users: { count: 0 } };
    expect(diffs).toEqual([
      ["lobby", { joins: one, leaves: none }],
      ["lobby", { joins: none, leaves: one }],
    ]);
  });

  it("comes before the call returns, as one event for all its topics, if fetch is synchronous", async () => {
    const { presence } = await openPresence();
    const diffs: string[] = [];
    presence.track("session", "lobby", "alice");
    presence.track("session", "kitchen", "alice");
    presence.on("diff", (diff) =>
      diffs.push(
        Array.from(diff, ([topic, { leaves }]) => `${Object.keys(leaves)} left ${topic}`).join(", "),
      ),
    );
    presence.untrack("session");
    expect(diffs).toEqual(["alice left lobby, alice left kitchen"]);
  });

  it("for a change that a listener makes comes after all listeners got the current one", async () => {
    const { presence } = await openPresence();
    const diffs: string[] = [];
    const note = (who: string) => (diff: ReadonlyMap<string, { joins: object; leaves: object }>) => {
      for (const [, { joins, leaves }] of diff)
        diffs.push(`${who} +${Object.keys(joins)} -${Object.keys(leaves)}`);
    };
    presence.on("diff", note("first"));
    presence.once("diff", () => {
      presence.track("robot", "lobby", "bot");
      presence.untrack("robot");
    });
    presence.on("diff", note("last"));
    presence.track("session", "lobby", "alice");
    expect(diffs).toEqual(
      ["+alice -", "+bot -", "+ -bot"].flatMap((diff) => [`first ${diff}`, `last ${diff}`]),
    );
  });

  it("does not call fetch without a listener or subscriber", async () => {
    const fetch = vi.fn((_topic: string, presences: object) => presences);
    const { presence } = await openPresence({ fetch });
    const listener = () => {};
    presence.track("a", "lobby", "alice");
    presence.subscribe("kitchen", listener).unsubscribe();
    presence.track("b", "kitchen", "alice");
    await flushPromises();
    expect(fetch).not.toHaveBeenCalled();
    presence.subscribe("kitchen", listener);
    await flushPromises();
    presence.track("c", "lobby", "bob");
    expect(fetch.mock.calls.map(([topic]) => topic)).toEqual(["kitchen"]);
    presence.on("diff", listener);
    presence.track("d", "lobby", "carol");
    expect(fetch.mock.calls.map(([topic]) => topic)).toEqual(["kitchen", "lobby", "lobby"]);
    presence.off("diff", listener);
    presence.track("e", "lobby", "dave");
    expect(fetch).toHaveBeenCalledTimes(3);
  });

  it("becomes an error for a listener that throws, and still reaches all others", async () => {
    const { presence, errors } = await openPresence();
    const seen: string[] = [];
    presence.on("diff", () => {
      throw new Error("mine");
    });
    presence.on("diff", async () => {
      throw new Error("mine, later");
    });
    presence.on("diff", () => seen.push("diff"));
    presence.track("session", "lobby", "alice");
    await flushPromises();
    expect([seen, errors.map(({ message }) => message)]).toEqual([["diff"], ["mine", "mine, later"]]);
  });
});

describe("close", () => {
  it("stops all messages and events, and reads still return the last state", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock, close } = await openPresence({ fetch });
    const { received } = recordMessages(presence, "lobby");
    presence.on("diff", () => received.push("a diff"));
    presence.track("session", "lobby", "alice");
    await flushPromises();
    const calls = [...pendingCalls];
    await close();
    for (const call of calls) await call.answer();
    clock.advance(60_000);
    await flushPromises();
    expect(received).toEqual([]);
    const list = presence.list("lobby");
    await pendingCalls[0]!.answer();
    expect(Object.keys(await list)).toEqual(["alice"]);
    expect(presence.count("lobby")).toBe(1);
    presence.untrack("session");
    presence.end("session");
    await close();
  });

  it("makes track and subscribe throw", async () => {
    const { presence, close } = await openPresence();
    await close();
    const closed = expect.objectContaining({ code: "CLOSED" });
    expect(() => presence.subscribe("lobby", () => {})).toThrow(closed);
    expect(() => presence.track("session", "lobby", "alice")).toThrow(closed);
  });

  it("is what await using calls", async () => {
    const { presence, close } = await openPresence();
    const disposed = presence[Symbol.asyncDispose]();
    await close();
    await disposed;
    expect(() => presence.track("session", "lobby", "alice")).toThrow(
      expect.objectContaining({ code: "CLOSED" }),
    );
  });
});

describe("options", () => {
  const create = (options: object) =>
    createPresence({ pubsub: memoryPubSub(), ...options } as PresenceOptions);

  it("are checked by createPresence, including those of the tracker", async () => {
    for (const [options, says] of [
      [{ fetch: "all" }, 'fetch is "all"; it must be a function.'],
      [{ fetchTimeoutMs: 0 }, "fetchTimeoutMs is 0; it must be a number of ms above 0"],
      [{ fetchTimeoutMs: Number.POSITIVE_INFINITY }, "fetchTimeoutMs is Infinity"],
      [{ diffWindowMs: -1 }, "diffWindowMs is -1; it must be a number of ms from 0"],
      [{ diffWindowMs: "100" }, 'diffWindowMs is "100"'],
      [{ onKeyJoin: 1 }, "onKeyJoin is 1; it must be a function."],
      [{ onKeyLeave: null }, "onKeyLeave is null; it must be a function."],
      [{ leaveDelayMs: -1 }, "leaveDelayMs is -1"],
      [{ pubsub: undefined }, "pubsub is undefined"],
    ] as const) {
      await expect(create(options), says).rejects.toThrow(says);
    }
    await expect(createPresence(undefined as never)).rejects.toThrow("options is undefined");
  });

  it("with an unknown name are refused, and the error suggests the nearest name", async () => {
    await expect(create({ fetchTimeout: 100 })).rejects.toThrow("Did you mean fetchTimeoutMs?");
    await expect(create({ leaveDelay: 100 })).rejects.toThrow("Did you mean leaveDelayMs?");
    await expect(create({ colour: "red" })).rejects.toThrow(/The options are .*diffWindowMs.*pubsub/);
  });

  it("may be undefined", async () => {
    const { presence } = await openPresence({
      fetch: undefined,
      onKeyJoin: undefined,
      diffWindowMs: undefined,
    } as never);
    const received: PresenceMessage[] = [];
    presence.subscribe("lobby", (message) => received.push(message as PresenceMessage));
    await flushPromises();
    expect(received.map(summaryOf)).toEqual(["state"]);
  });
});
