import { type EventEmitter, on, once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createPresence } from "../../src/presence/create-presence.ts";
import type { Presence } from "../../src/presence/presence.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";

type Node = Tracker | Presence;

const open: Node[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()));
});

describe.each<[string, (options: { pubsub: PubSub }) => Promise<Node>]>([
  ["a tracker", createTracker],
  ["a presence", createPresence],
])("%s and node:events", (_kind, create) => {
  async function start(pubsub = memoryPubSub()): Promise<Node> {
    const node = await create({ pubsub });
    open.push(node);
    return node;
  }

  /** Node takes any emitter with the methods that it calls, but declares the whole of its own class. */
  const asEmitter = (node: Node) => node as unknown as EventEmitter;
  const countsOf = (node: Node) => [node.listenerCount("diff"), node.listenerCount("error")];

  it("await once() resolves at the next diff and leaves no listener behind", async () => {
    const node = await start();
    const next = once(asEmitter(node), "diff");
    node.track("session", "lobby", "alice");
    const [diff] = await next;
    expect([[...diff.keys()], countsOf(node)]).toEqual([["lobby"], [0, 0]]);
  });

  it("await once() rejects at an error and leaves no listener behind", async () => {
    const failure = new Error("broken pipe");
    const node = await start({ ...memoryPubSub(), publish: () => Promise.reject(failure) });
    const next = once(asEmitter(node), "replica-up");
    node.track("session", "lobby", "alice");
    await expect(next).rejects.toMatchObject({ code: "TRANSPORT", cause: failure });
    expect(countsOf(node)).toEqual([0, 0]);
  });

  it("a loop over on() gets every diff and leaves no listener behind when it ends early", async () => {
    const node = await start();
    const keys: string[] = [];
    const loop = async () => {
      for await (const [diff] of on(asEmitter(node), "diff")) {
        keys.push(...Object.keys(diff.get("lobby").joins));
        if (keys.length === 2) break;
      }
    };
    const looping = loop();
    for (const key of ["alice", "bob", "carol"]) node.track("session", "lobby", key);
    await looping;
    expect([keys, countsOf(node)]).toEqual([
      ["alice", "bob"],
      [0, 0],
    ]);
  });

  it("an error without a listener is a process warning", async () => {
    const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const node = await start();
    node.on("diff", () => {
      throw new Error("mine");
    });
    node.track("session", "lobby", "alice");
    expect(emitWarning.mock.calls).toEqual([[expect.objectContaining({ message: "mine" })]]);
    emitWarning.mockRestore();
  });

  it("addListener and removeListener do what on and off do", async () => {
    const node = await start();
    const listener = vi.fn();
    expect(node.addListener("diff", listener)).toBe(node);
    node.track("session", "lobby", "alice");
    expect(node.removeListener("diff", listener)).toBe(node);
    node.untrack("session");
    expect([listener.mock.calls.length, countsOf(node)]).toEqual([1, [0, 0]]);
  });
});
