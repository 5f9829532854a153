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

/** A follower that has the state of an empty lobby, and a `fetch` that answers when it is told to. */
async function lobby(options: object = {}) {
  const { fetch, asked } = manualFetch();
  const { presence, clock, errors } = await openPresence({ fetch, ...options });
  const alice = recordMessages(presence, "lobby");
  await flushPromises();
  await asked[0]!.answer();
  return { presence, clock, errors, alice, asked };
}

const answerAll = async (asked: FetchCall[]) => {
  for (const call of [...asked]) await call.answer();
};

describe("a topic whose fetch takes its time", () => {
  it("gets one diff of all that changed while the one before was on its way", async () => {
    const { presence, alice, asked } = await lobby();
    presence.track("b", "lobby", "bob");
    presence.track("c", "lobby", "carol");
    presence.track("d", "lobby", "dave");
    presence.untrack("c");
    presence.untrack("b");
    expect(asked.map(({ keys }) => keys)).toEqual([["bob"], []]);
    await answerAll(asked);
    expect(alice.told).toEqual(["state", "+bob"]);
    expect(asked.map(({ keys }) => keys)).toEqual([["dave"], ["bob"]]);
    await answerAll(asked);
    expect([alice.told, asked]).toEqual([["state", "+bob", "+dave -bob"], []]);
  });

  it("is told in order, whichever promise comes first", async () => {
    const { presence, alice, asked } = await lobby();
    presence.track("b", "lobby", "bob");
    presence.untrack("b");
    const [joins, leaves] = asked;
    await leaves!.answer();
    expect(alice.told).toEqual(["state"]);
    await joins!.answer();
    expect(alice.told).toEqual(["state", "+bob"]);
    await asked[1]!.answer();
    await asked[0]!.answer();
    expect(alice.told).toEqual(["state", "+bob", "-bob"]);
  });

  it("tells newcomers the state of the moment of the diff that the others get", async () => {
    const { presence, alice, asked } = await lobby();
    presence.track("b", "lobby", "bob");
    const erin = recordMessages(presence, "lobby");
    presence.track("c", "lobby", "carol");
    await answerAll(asked);
    expect(asked.map(({ keys }) => keys)).toEqual([["carol"], [], ["bob", "carol"]]);
    const [joins, leaves, state] = asked;
    await state!.answer();
    expect(erin.told).toEqual(["state bob carol"]);
    presence.track("d", "lobby", "dave");
    await leaves!.answer();
    expect([alice.told, asked.length]).toEqual([["state", "+bob"], 1]);
    await joins!.answer();
    await answerAll(asked);
    expect(alice.told).toEqual(["state", "+bob", "+carol", "+dave"]);
    expect(erin.told).toEqual(["state bob carol", "+dave"]);
  });

  it("gives the diff to those who have a state, however long the state of others takes", async () => {
    const { presence, alice, asked } = await lobby();
    presence.track("b", "lobby", "bob");
    const erin = recordMessages(presence, "lobby");
    presence.untrack("b");
    await answerAll(asked);
    await asked[0]!.answer();
    await asked[0]!.answer();
    expect([alice.told, erin.told]).toEqual([["state", "+bob", "-bob"], []]);
    presence.track("c", "lobby", "carol");
    expect(asked.map(({ keys }) => keys)).toEqual([[]]);
    await asked[0]!.answer();
    await answerAll(asked);
    expect([alice.told.at(-1), erin.told]).toEqual(["+carol", ["state", "+carol"]]);
  });

  it("says nothing of what came and went meanwhile", async () => {
    const { presence, alice, asked } = await lobby();
    presence.track("b", "lobby", "bob");
    presence.track("c", "lobby", "carol");
    presence.untrack("c");
    await answerAll(asked);
    expect([alice.told, asked]).toEqual([["state", "+bob"], []]);
  });

  it("does not hold up other topics", async () => {
    const { presence, asked } = await lobby();
    presence.track("b", "lobby", "bob");
    const kitchen = recordMessages(presence, "kitchen");
    await flushPromises();
    await asked.find(({ topic }) => topic === "kitchen")!.answer();
    expect(kitchen.told).toEqual(["state"]);
  });

  it("tells listeners of diffs the same, each topic as it is ready", async () => {
    const { presence, asked } = await lobby();
    const diffs: string[] = [];
    presence.on("diff", (diff) => {
      for (const [topic, payload] of diff)
        diffs.push(`${topic} ${summaryOf({ event: "presence_diff", payload })}`);
    });
    presence.track("b", "lobby", "bob");
    presence.track("b", "kitchen", "bob");
    presence.untrack("b");
    expect(asked.map(({ topic, keys }) => [topic, ...keys])).toEqual([
      ["lobby", "bob"],
      ["lobby"],
      ["kitchen", "bob"],
      ["kitchen"],
    ]);
    await asked[3]!.answer();
    await asked[2]!.answer();
    await answerAll(asked);
    await answerAll(asked);
    expect(diffs).toEqual(["kitchen +bob", "lobby +bob", "kitchen -bob", "lobby -bob"]);
  });

  it("may answer at once one time and later another", async () => {
    const waiting: (() => void)[] = [];
    let isSlow = false;
    const fetch = (_topic: string, presences: State) =>
      isSlow ? new Promise<State>((resolve) => waiting.push(() => resolve(presences))) : presences;
    const { presence } = await openPresence({ fetch });
    const { told } = recordMessages(presence, "lobby");
    await flushPromises();
    isSlow = true;
    presence.track("a", "lobby", "alice");
    isSlow = false;
    presence.track("b", "lobby", "bob");
    expect(told).toEqual(["state"]);
    for (const answer of waiting) answer();
    await flushPromises();
    expect(told).toEqual(["state", "+alice", "+bob"]);
  });

  it("may itself change what it is asked about: that is the next cut", async () => {
    let isFirst = true;
    const { presence } = await openPresence({
      fetch: (_topic: string, presences: State) => {
        if (isFirst) presence.track("robot", "lobby", "bot");
        isFirst = false;
        return presences;
      },
    });
    const { told } = recordMessages(presence, "lobby");
    await flushPromises();
    expect(told).toEqual(["state", "+bot"]);
  });

  it("adds up for counts: no presence is counted twice or not at all", async () => {
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
