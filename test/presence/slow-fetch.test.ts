import { describe, expect, it } from "vitest";
import type { State } from "../../src/payload.ts";
import { countOnly } from "../../src/presence/count-only.ts";
import {
  type FetchCall,
  flushPromises,
  manualFetch,
  openPresence,
  recordMessages,
  summaryOf,
} from "./open-presence.ts";

/** A subscriber, alice, with the state of an empty lobby, and a `fetch` whose calls the test settles. */
async function lobbyWithSlowFetch(options: object = {}) {
  const { fetch, pendingCalls } = manualFetch();
  const { presence, clock, errors } = await openPresence({ fetch, ...options });
  const alice = recordMessages(presence, "lobby");
  await flushPromises();
  await pendingCalls[0]!.answer();
  return { presence, clock, errors, alice, pendingCalls };
}

const answerAll = async (pendingCalls: FetchCall[]) => {
  for (const call of [...pendingCalls]) await call.answer();
};

describe("a topic with a slow fetch", () => {
  it("collects the changes during a running projection into one diff", async () => {
    const { presence, alice, pendingCalls } = await lobbyWithSlowFetch();
    presence.track("b", "lobby", "bob");
    presence.track("c", "lobby", "carol");
    presence.track("d", "lobby", "dave");
    presence.untrack("c");
    presence.untrack("b");
    expect(pendingCalls.map(({ keys }) => keys)).toEqual([["bob"], []]);
    await answerAll(pendingCalls);
    expect(alice.received).toEqual(["state", "+bob"]);
    expect(pendingCalls.map(({ keys }) => keys)).toEqual([["dave"], ["bob"]]);
    await answerAll(pendingCalls);
    expect([alice.received, pendingCalls]).toEqual([["state", "+bob", "+dave -bob"], []]);
  });

  it("delivers its diffs in order, in whichever order the promises resolve", async () => {
    const { presence, alice, pendingCalls } = await lobbyWithSlowFetch();
    presence.track("b", "lobby", "bob");
    presence.untrack("b");
    const [joins, leaves] = pendingCalls;
    await leaves!.answer();
    expect(alice.received).toEqual(["state"]);
    await joins!.answer();
    expect(alice.received).toEqual(["state", "+bob"]);
    await pendingCalls[1]!.answer();
    await pendingCalls[0]!.answer();
    expect(alice.received).toEqual(["state", "+bob", "-bob"]);
  });

  it("gives new subscribers the state at the moment of the diff that the others get", async () => {
    const { presence, alice, pendingCalls } = await lobbyWithSlowFetch();
    presence.track("b", "lobby", "bob");
    const erin = recordMessages(presence, "lobby");
    presence.track("c", "lobby", "carol");
    await answerAll(pendingCalls);
    expect(pendingCalls.map(({ keys }) => keys)).toEqual([["carol"], [], ["bob", "carol"]]);
    const [joins, leaves, state] = pendingCalls;
    await state!.answer();
    expect(erin.received).toEqual(["state bob carol"]);
    presence.track("d", "lobby", "dave");
    await leaves!.answer();
    expect([alice.received, pendingCalls.length]).toEqual([["state", "+bob"], 1]);
    await joins!.answer();
    await answerAll(pendingCalls);
    expect(alice.received).toEqual(["state", "+bob", "+carol", "+dave"]);
    expect(erin.received).toEqual(["state bob carol", "+dave"]);
  });

  it("gives the diff to subscribers with a state, however long the state of the others takes", async () => {
    const { presence, alice, pendingCalls } = await lobbyWithSlowFetch();
    presence.track("b", "lobby", "bob");
    const erin = recordMessages(presence, "lobby");
    presence.untrack("b");
    await answerAll(pendingCalls);
    await pendingCalls[0]!.answer();
    await pendingCalls[0]!.answer();
    expect([alice.received, erin.received]).toEqual([["state", "+bob", "-bob"], []]);
    presence.track("c", "lobby", "carol");
    expect(pendingCalls.map(({ keys }) => keys)).toEqual([[]]);
    await pendingCalls[0]!.answer();
    await answerAll(pendingCalls);
    expect([alice.received.at(-1), erin.received]).toEqual(["+carol", ["state", "+carol"]]);
  });

  it("skips changes that cancel out during a projection", async () => {
    const { presence, alice, pendingCalls } = await lobbyWithSlowFetch();
    presence.track("b", "lobby", "bob");
    presence.track("c", "lobby", "carol");
    presence.untrack("c");
    await answerAll(pendingCalls);
    expect([alice.received, pendingCalls]).toEqual([["state", "+bob"], []]);
  });

  it("does not delay other topics", async () => {
    const { presence, pendingCalls } = await lobbyWithSlowFetch();
    presence.track("b", "lobby", "bob");
    const kitchen = recordMessages(presence, "kitchen");
    await flushPromises();
    await pendingCalls.find(({ topic }) => topic === "kitchen")!.answer();
    expect(kitchen.received).toEqual(["state"]);
  });

  it("emits diff for each topic as soon as it is ready", async () => {
    const { presence, pendingCalls } = await lobbyWithSlowFetch();
    const diffs: string[] = [];
    presence.on("diff", (diff) => {
      for (const [topic, payload] of diff)
        diffs.push(`${topic} ${summaryOf({ event: "presence_diff", payload })}`);
    });
    presence.track("b", "lobby", "bob");
    presence.track("b", "kitchen", "bob");
    presence.untrack("b");
    expect(pendingCalls.map(({ topic, keys }) => [topic, ...keys])).toEqual([
      ["lobby", "bob"],
      ["lobby"],
      ["kitchen", "bob"],
      ["kitchen"],
    ]);
    await pendingCalls[3]!.answer();
    await pendingCalls[2]!.answer();
    await answerAll(pendingCalls);
    await answerAll(pendingCalls);
    expect(diffs).toEqual(["kitchen +bob", "lobby +bob", "kitchen -bob", "lobby -bob"]);
  });

  it("works with a fetch that is synchronous at one time and asynchronous at another", async () => {
    const waiting: (() => void)[] = [];
    let isSlow = false;
    const fetch = (_topic: string, presences: State) =>
      isSlow ? new Promise<State>((resolve) => waiting.push(() => resolve(presences))) : presences;
    const { presence } = await openPresence({ fetch });
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    isSlow = true;
    presence.track("a", "lobby", "alice");
    isSlow = false;
    presence.track("b", "lobby", "bob");
    expect(received).toEqual(["state"]);
    for (const answer of waiting) answer();
    await flushPromises();
    expect(received).toEqual(["state", "+alice", "+bob"]);
  });

  it("puts a change that fetch itself makes into the next batch", async () => {
    let isFirst = true;
    const { presence } = await openPresence({
      fetch: (_topic: string, presences: State) => {
        if (isFirst) presence.track("robot", "lobby", "bot");
        isFirst = false;
        return presences;
      },
    });
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    expect(received).toEqual(["state", "+bot"]);
  });

  it("keeps counts exact: no presence is counted twice or missed", async () => {
    const count = countOnly("readers");
    const waiting: (() => void)[] = [];
    const fetch = (topic: string, presences: State) => {
      const counts = count(topic, presences);
      return new Promise<typeof counts>((resolve) => waiting.push(() => resolve(counts)));
    };
    const { presence } = await openPresence({ fetch });
    const sums = [0, 0, 0];
    for (const at of sums.keys()) {
      presence.subscribe("article:7", (message) => {
        if (message.event === "presence_state") sums[at] = message.payload.readers.count;
        else sums[at]! += message.payload.joins.readers.count - message.payload.leaves.readers.count;
      });
      presence.track(`${at}`, "article:7", "readers");
      if (at > 0) presence.untrack(`${at - 1}`);
      await flushPromises();
      waiting.pop()?.();
      await flushPromises();
    }
    while (waiting.length > 0) {
      waiting.pop()!();
      await flushPromises();
    }
    expect(sums).toEqual([1, 1, 1]);
  });
});
