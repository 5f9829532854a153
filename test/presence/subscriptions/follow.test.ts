import { describe, expect, it } from "vitest";
import type { Presence } from "../../../src/presence/presence.ts";
import { flushPromises, manualFetch, openPresence, summaryOf } from "../open-presence.ts";

/** Reads so many messages, as texts. */
async function read(iterator: ReturnType<Presence["follow"]>, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) {
    const { value } = await iterator.next();
    texts.push(value === undefined ? "done" : summaryOf(value));
  }
  return texts;
}

const DONE = { value: undefined, done: true };

describe("follow", () => {
  it("gives a slow reader nothing that fetch was making when it fell behind, but a state", async () => {
    const { fetch, pendingCalls } = manualFetch();
    let isSlow = false;
    const { presence } = await openPresence({
      fetch: (topic, presences) => (isSlow ? fetch(topic, presences) : presences),
      diffWindowMs: 0,
    });
    const iterator = presence.follow("lobby");
    await read(iterator, 1);
    for (let at = 0; at < 16; at++) presence.track(`${at}`, "lobby", `reader ${at}`);
    isSlow = true;
    presence.track("a", "lobby", "alice");
    presence.track("b", "lobby", "bob");
    await pendingCalls[0]!.answer();
    await pendingCalls[0]!.answer();
    isSlow = false;
    const next = read(iterator, 1);
    for (const call of [...pendingCalls]) await call.answer();
    await flushPromises();
    expect((await next)[0]).toMatch(/^state .*alice bob$/);
  });

  it("gives the messages of a topic in a loop, until the loop breaks", async () => {
    const { presence } = await openPresence();
    presence.track("a", "lobby", "alice");
    const texts: string[] = [];
    for await (const message of presence.follow("lobby", { keys: ["alice", "bob"] })) {
      texts.push(summaryOf(message));
      if (texts.length === 1) {
        presence.track("c", "lobby", "carol");
        presence.track("b", "lobby", "bob");
      }
      if (texts.length === 2) break;
    }
    expect(texts).toEqual(["state alice", "+bob"]);
  });

  it("subscribes at the first next, and checks its options at once", async () => {
    const { presence } = await openPresence();
    const iterator = presence.follow("lobby");
    presence.track("a", "lobby", "alice");
    expect(await read(iterator, 1)).toEqual(["state alice"]);
    expect(() => presence.follow("lobby", { keys: "alice" as never })).toThrow("an array or a Set of keys");
    expect(() => presence.follow("")).toThrow(TypeError);
  });

  it.each([
    ["return", (iterator: ReturnType<Presence["follow"]>) => void iterator.return!()],
    ["an aborted signal", (_: unknown, controller: AbortController) => controller.abort()],
    ["close", (_: unknown, _controller: unknown, presence: Presence) => void presence.close()],
  ])("settles a pending next as done after %s", async (_what, end) => {
    const { presence } = await openPresence();
    const controller = new AbortController();
    const iterator = presence.follow("lobby", { signal: controller.signal });
    await read(iterator, 1);
    const pending = Promise.all([iterator.next(), iterator.next()]);
    end(iterator, controller, presence);
    expect(await pending).toEqual([DONE, DONE]);
    expect(await iterator.next()).toEqual(DONE);
  });

  it("is done at once with an owner that has ended, and after a return before the first next", async () => {
    const { presence } = await openPresence();
    expect(await presence.follow("lobby", { signal: AbortSignal.abort() }).next()).toEqual(DONE);
    const iterator = presence.follow("lobby");
    await iterator.return!();
    expect(await iterator.next()).toEqual(DONE);
  });

  it("ends its subscription at throw, and rejects with what was thrown", async () => {
    const { presence } = await openPresence();
    const iterator = presence.follow("lobby");
    await read(iterator, 1);
    await expect(iterator.throw!(new Error("stop"))).rejects.toThrow("stop");
    expect(await iterator.next()).toEqual(DONE);
  });

  it("keeps 16 messages for a slow reader, and replaces more of them by one state", async () => {
    const { presence } = await openPresence();
    const iterator = presence.follow("lobby");
    await read(iterator, 1);
    for (let at = 0; at < 16; at++) presence.track(`${at}`, "lobby", `reader ${at}`);
    expect(await read(iterator, 16)).toEqual(Array.from({ length: 16 }, (_, at) => `+reader ${at}`));
    for (let at = 0; at < 17; at++) presence.untrack(`${at}`);
    presence.track("a", "lobby", "alice");
    await flushPromises();
    presence.track("b", "lobby", "bob");
    const next = read(iterator, 1);
    await flushPromises();
    presence.track("c", "lobby", "carol");
    expect([...(await next), ...(await read(iterator, 1))]).toEqual(["state alice bob", "+carol"]);
  });
});
