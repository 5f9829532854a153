import { describe, expect, it, vi } from "vitest";
import type { State } from "../../src/payload.ts";
import { countOnly } from "../../src/presence/count-only.ts";
import type { Presence } from "../../src/presence/presence.ts";
import { flushPromises, manualFetch, openPresence, recordMessages, summaryOf } from "./open-presence.ts";

/** A `fetch` that fails as long as `isDown`, and how often it was called. */
function fragile() {
  const database = { isDown: false, calls: 0 };
  const fetch = (_topic: string, presences: State) => {
    database.calls++;
    if (database.isDown) throw new Error("the database is away");
    return presences;
  };
  return { database, fetch };
}

function diffsOf(presence: Presence): string[] {
  const diffs: string[] = [];
  presence.on("diff", (diff) => {
    for (const payload of diff.values()) diffs.push(summaryOf({ event: "presence_diff", payload }));
  });
  return diffs;
}

describe("while fetch fails", () => {
  it("nothing is sent, an error is told, and then a fresh state: nothing is lost", async () => {
    const { database, fetch } = fragile();
    const { presence, clock, errors } = await openPresence({ fetch });
    const { told } = recordMessages(presence, "lobby");
    const diffs = diffsOf(presence);
    await flushPromises();
    presence.track("a", "lobby", "alice");
    database.isDown = true;
    presence.track("b", "lobby", "bob");
    presence.track("c", "lobby", "carol");
    presence.untrack("a");
    expect([told, diffs, errors.length]).toEqual([["state", "+alice"], ["+alice"], 1]);
    expect(errors[0]).toMatchObject({
      code: "FETCH",
      topic: "lobby",
      cause: new Error("the database is away"),
    });
    database.isDown = false;
    clock.advance(1_000);
    expect([told, diffs]).toEqual([
      ["state", "+alice", "state bob carol"],
      ["+alice", "+bob +carol -alice"],
    ]);
    presence.track("d", "lobby", "dave");
    expect([told.at(-1), diffs.at(-1), errors.length]).toEqual(["+dave", "+dave", 1]);
  });

  it("it is tried again after 1, 2, 4, 8, 16, 30 and 30 s, each failure an error", async () => {
    const { database, fetch } = fragile();
    database.isDown = true;
    const { presence, clock, errors } = await openPresence({ fetch });
    recordMessages(presence, "lobby");
    await flushPromises();
    for (const [failures, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
      expect(errors).toHaveLength(failures + 1);
      clock.advance(seconds * 1_000 - 1);
      expect(database.calls).toBe(failures + 1);
      clock.advance(1);
      expect(database.calls).toBe(failures + 2);
    }
  });

  it("after a success it begins with 1 s again", async () => {
    const { database, fetch } = fragile();
    database.isDown = true;
    const { presence, clock, errors } = await openPresence({ fetch });
    const { told } = recordMessages(presence, "lobby");
    await flushPromises();
    clock.advance(3_000);
    database.isDown = false;
    clock.advance(4_000);
    database.isDown = true;
    presence.track("a", "lobby", "alice");
    expect([told, errors.length]).toEqual([["state"], 4]);
    database.isDown = false;
    clock.advance(1_000);
    expect(told).toEqual(["state", "state alice"]);
  });

  it("a change brings the next try forward, to one a second at most", async () => {
    const { database, fetch } = fragile();
    database.isDown = true;
    const { presence, clock } = await openPresence({ fetch });
    recordMessages(presence, "lobby");
    await flushPromises();
    clock.advance(1_000 + 2_000 + 4_000);
    expect(database.calls).toBe(4);
    clock.advance(3_000);
    presence.track("a", "lobby", "alice");
    expect(database.calls).toBe(5);
    for (let change = 0; change < 10; change++) presence.update("a", "lobby", "alice", { change });
    clock.advance(999);
    expect(database.calls).toBe(5);
    clock.advance(1);
    expect(database.calls).toBe(6);
    clock.advance(29_999);
    expect(database.calls).toBe(6);
    clock.advance(1);
    expect(database.calls).toBe(7);
  });

  it("a change during the try that fails counts as well", async () => {
    const { fetch, asked } = manualFetch();
    const { presence, clock } = await openPresence({ fetch });
    recordMessages(presence, "lobby");
    await flushPromises();
    await asked[0]!.fail();
    clock.advance(1_000);
    presence.track("a", "lobby", "alice");
    await asked[0]!.fail();
    expect(asked).toHaveLength(0);
    clock.advance(1_000);
    expect(asked).toHaveLength(1);
  });

  it("who subscribes waits with the others, and all share one state", async () => {
    const { database, fetch } = fragile();
    const { presence, clock } = await openPresence({ fetch });
    const early = recordMessages(presence, "lobby");
    await flushPromises();
    database.isDown = true;
    presence.track("a", "lobby", "alice");
    const late = recordMessages(presence, "lobby");
    await flushPromises();
    database.isDown = false;
    const { calls } = database;
    clock.advance(1_000);
    expect([early.told, late.told]).toEqual([["state", "state alice"], ["state alice"]]);
    expect(database.calls - calls).toBe(1);
  });

  it("the state of some, others have got their diff: all get a fresh state later", async () => {
    const { fetch, asked } = manualFetch();
    const { presence, clock, errors } = await openPresence({ fetch });
    const diffs = diffsOf(presence);
    const early = recordMessages(presence, "lobby");
    await flushPromises();
    await asked[0]!.answer();
    presence.track("a", "lobby", "alice");
    const late = recordMessages(presence, "lobby");
    presence.track("b", "lobby", "bob");
    await asked[0]!.answer();
    await asked[0]!.answer();
    const [joins, leaves, state] = asked;
    await state!.fail();
    presence.track("c", "lobby", "carol");
    await joins!.answer();
    await leaves!.answer();
    expect([early.told, late.told, errors.length]).toEqual([["state", "+alice", "+bob"], [], 1]);
    clock.advance(1_000);
    for (const call of [...asked]) await call.answer();
    expect([early.told.at(-1), late.told, diffs]).toEqual([
      "state alice bob carol",
      ["state alice bob carol"],
      ["+alice", "+bob", "+carol"],
    ]);
  });

  it("the diff, not the state: newcomers have theirs, and get a fresh one with all others", async () => {
    const { fetch, asked } = manualFetch();
    const { presence, clock, errors } = await openPresence({ fetch });
    const diffs = diffsOf(presence);
    const early = recordMessages(presence, "lobby");
    await flushPromises();
    await asked[0]!.answer();
    presence.track("a", "lobby", "alice");
    const late = recordMessages(presence, "lobby");
    presence.track("b", "lobby", "bob");
    for (const call of [...asked]) await call.answer();
    const [joins, leaves, state] = asked;
    await leaves!.fail();
    await joins!.fail();
    await state!.answer();
    expect([early.told, late.told, errors.length]).toEqual([["state", "+alice"], ["state alice bob"], 1]);
    presence.untrack("a");
    clock.advance(1_000);
    for (const call of [...asked]) await call.answer();
    expect([early.told.at(-1), late.told.at(-1), diffs]).toEqual([
      "state bob",
      "state bob",
      ["+alice", "+bob -alice"],
    ]);
  });

  it("what came and went is nothing to listeners of diffs, and nothing is kept for it", async () => {
    const { database, fetch } = fragile();
    const { presence, clock, errors } = await openPresence({ fetch });
    const diffs = diffsOf(presence);
    database.isDown = true;
    presence.track("a", "lobby", "alice");
    presence.untrack("a");
    clock.advance(60_000);
    expect([diffs, errors.length, database.calls]).toEqual([[], 1, 1]);
  });

  it("it is not tried again for a topic that nobody listens to any more", async () => {
    const { database, fetch } = fragile();
    database.isDown = true;
    const { presence, clock } = await openPresence({ fetch });
    const { stop } = recordMessages(presence, "lobby");
    const listener = () => {};
    presence.on("diff", listener);
    await flushPromises();
    presence.track("a", "kitchen", "alice");
    stop();
    presence.off("diff", listener);
    const { calls } = database;
    clock.advance(60_000);
    expect(database.calls).toBe(calls);
  });

  it("other topics go on", async () => {
    const { presence } = await openPresence({
      fetch: (topic: string, presences: State) => {
        if (topic === "lobby") throw new Error("no lobby");
        return presences;
      },
    });
    const lobby = recordMessages(presence, "lobby");
    const kitchen = recordMessages(presence, "kitchen");
    await flushPromises();
    presence.track("a", "lobby", "alice");
    presence.track("a", "kitchen", "alice");
    expect([lobby.told, kitchen.told]).toEqual([[], ["state", "+alice"]]);
  });
});

describe("a fetch that never resolves", () => {
  it("has failed after fetchTimeoutMs, 5 s, and what it brings later is ignored", async () => {
    const { fetch, asked } = manualFetch();
    const { presence, clock, errors } = await openPresence({ fetch });
    const { told } = recordMessages(presence, "lobby");
    const diffs = diffsOf(presence);
    await flushPromises();
    await asked[0]!.answer();
    presence.track("a", "lobby", "alice");
    const [lateJoins, lateLeaves] = asked;
    clock.advance(4_999);
    expect(errors).toEqual([]);
    clock.advance(1);
    expect(errors).toEqual([expect.objectContaining({ code: "FETCH_TIMEOUT", topic: "lobby" })]);
    clock.advance(1_000);
    expect(asked.map(({ keys }) => keys)).toEqual([["alice"], [], ["alice"], [], ["alice"]]);
    await lateJoins!.answer({ late: { metas: [] } });
    await lateLeaves!.answer();
    expect([told, diffs]).toEqual([["state"], []]);
    for (const call of [...asked]) await call.answer();
    expect([told, diffs, errors.length]).toEqual([["state", "state alice"], ["+alice"], 1]);
  });

  it("does no harm when it rejects too late", async () => {
    const { fetch, asked } = manualFetch();
    const { presence, clock, errors } = await openPresence({ fetch });
    recordMessages(presence, "lobby");
    await flushPromises();
    clock.advance(5_000);
    await asked[0]!.fail();
    expect(errors).toHaveLength(1);
  });

  it("leaves no timer behind when it resolves", async () => {
    const { fetch, asked } = manualFetch();
    const { presence, clock, errors } = await openPresence({ fetch });
    const setTimer = vi.spyOn(clock, "setTimer");
    const { told } = recordMessages(presence, "lobby");
    await flushPromises();
    expect(setTimer.mock.calls.map(([, delayMs]) => delayMs)).toEqual([5_000]);
    await asked[0]!.answer();
    clock.advance(60_000);
    expect([told, errors]).toEqual([["state"], []]);
  });
});

describe("a projection that hides users", () => {
  it("lets no message, list or event hold a user, also when it fails", async () => {
    const hide = countOnly("readers");
    let shouldFail = 0;
    const { presence, clock, errors } = await openPresence({
      fetch: (topic: string, presences: State) => {
        if (shouldFail === 1) throw new Error("failed");
        const counts = hide(topic, presences);
        return shouldFail === 2 ? Promise.reject(new Error("failed")) : counts;
      },
    });
    const said: string[] = [];
    presence.subscribe("lobby", (message) => said.push(JSON.stringify(message), String(message)));
    presence.on("diff", (diff) => said.push(JSON.stringify([...diff])));
    for (let change = 0; change < 60; change++) {
      shouldFail = change % 3;
      presence.track(`secret-${change}`, "lobby", "readers", { name: "secret" });
      presence.track(`secret-${change}`, "lobby", "secret");
      if (change > 3) presence.untrack(`secret-${change - 3}`);
      await flushPromises();
      const told = (value: unknown) => said.push(`${JSON.stringify(value)}`);
      await presence.list("lobby").then(told, (error: Error) => said.push(`${error.stack} ${error.cause}`));
      await presence
        .getByKey("lobby", "readers")
        .then(told, (error: Error) => said.push(`${error.stack} ${error.cause}`));
      clock.advance(400);
    }
    expect(errors.length).toBeGreaterThan(10);
    expect(said.length).toBeGreaterThan(100);
    for (const error of errors)
      said.push(`${error.stack} ${(error.cause as Error).stack}`, JSON.stringify(error));
    expect(said.filter((text) => text.includes("secret") || text.includes("phx_ref"))).toEqual([]);
  });
});
