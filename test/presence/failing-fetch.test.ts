import { describe, expect, it, vi } from "vitest";
import type { State } from "../../src/payload.ts";
import { countOnly } from "../../src/presence/count-only.ts";
import type { Presence } from "../../src/presence/presence.ts";
import { flushPromises, manualFetch, openPresence, recordMessages, summaryOf } from "./open-presence.ts";

/** A `fetch` that fails while `isDown` and counts its calls. */
function fetchFromDatabase() {
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

describe("while fetch fails,", () => {
  it("subscribers get nothing, then a fresh state, and listeners of diff lose nothing", async () => {
    const { database, fetch } = fetchFromDatabase();
    const { presence, clock, errors } = await openPresence({ fetch });
    const { received } = recordMessages(presence, "lobby");
    const diffs = diffsOf(presence);
    await flushPromises();
    presence.track("a", "lobby", "alice");
    database.isDown = true;
    presence.track("b", "lobby", "bob");
    presence.track("c", "lobby", "carol");
    presence.untrack("a");
    expect([received, diffs, errors.length]).toEqual([["state", "+alice"], ["+alice"], 1]);
    expect(errors[0]).toMatchObject({
      code: "FETCH",
      topic: "lobby",
      cause: new Error("the database is away"),
    });
    database.isDown = false;
    clock.advance(1_000);
    expect([received, diffs]).toEqual([
      ["state", "+alice", "state bob carol"],
      ["+alice", "+bob +carol -alice"],
    ]);
    presence.track("d", "lobby", "dave");
    expect([received.at(-1), diffs.at(-1), errors.length]).toEqual(["+dave", "+dave", 1]);
  });

  it("the presence retries after 1, 2, 4, 8, 16, 30 and 30 s and emits an error each time", async () => {
    const { database, fetch } = fetchFromDatabase();
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

  it("a success resets the backoff to 1 s", async () => {
    const { database, fetch } = fetchFromDatabase();
    database.isDown = true;
    const { presence, clock, errors } = await openPresence({ fetch });
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    clock.advance(3_000);
    database.isDown = false;
    clock.advance(4_000);
    database.isDown = true;
    presence.track("a", "lobby", "alice");
    expect([received, errors.length]).toEqual([["state"], 4]);
    database.isDown = false;
    clock.advance(1_000);
    expect(received).toEqual(["state", "state alice"]);
  });

  it("a change makes the next retry earlier, but at most one per second", async () => {
    const { database, fetch } = fetchFromDatabase();
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

  it("a change during a failing call makes the next retry earlier too", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock } = await openPresence({ fetch });
    recordMessages(presence, "lobby");
    await flushPromises();
    await pendingCalls[0]!.fail();
    clock.advance(1_000);
    presence.track("a", "lobby", "alice");
    await pendingCalls[0]!.fail();
    expect(pendingCalls).toHaveLength(0);
    clock.advance(1_000);
    expect(pendingCalls).toHaveLength(1);
  });

  it("new subscribers wait with the others, and all share one state", async () => {
    const { database, fetch } = fetchFromDatabase();
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
    expect([early.received, late.received]).toEqual([["state", "state alice"], ["state alice"]]);
    expect(database.calls - calls).toBe(1);
  });

  it("for the state but not for the diff, only those without a state get one later", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock, errors } = await openPresence({ fetch });
    const diffs = diffsOf(presence);
    const early = recordMessages(presence, "lobby");
    await flushPromises();
    await pendingCalls[0]!.answer();
    presence.track("a", "lobby", "alice");
    const late = recordMessages(presence, "lobby");
    presence.track("b", "lobby", "bob");
    await pendingCalls[0]!.answer();
    await pendingCalls[0]!.answer();
    const [joins, leaves, state] = pendingCalls;
    await state!.fail();
    presence.track("c", "lobby", "carol");
    await joins!.answer();
    await leaves!.answer();
    expect([early.received, late.received, errors.length]).toEqual([["state", "+alice", "+bob"], [], 1]);
    clock.advance(1_000);
    for (const call of [...pendingCalls]) await call.answer();
    expect([early.received.at(-1), late.received, diffs]).toEqual([
      "+carol",
      ["state alice bob carol"],
      ["+alice", "+bob", "+carol"],
    ]);
  });

  it("for the state but not for the diff, a subscriber that comes before the diff is made gets a state later", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock } = await openPresence({ fetch });
    recordMessages(presence, "lobby");
    await flushPromises();
    await pendingCalls[0]!.answer();
    presence.track("a", "lobby", "alice");
    recordMessages(presence, "lobby");
    presence.track("b", "lobby", "bob");
    await pendingCalls[0]!.answer();
    await pendingCalls[0]!.answer();
    const [joins, leaves, state] = pendingCalls;
    await state!.fail();
    const { received } = recordMessages(presence, "lobby");
    await joins!.answer();
    await leaves!.answer();
    clock.advance(1_000);
    for (const call of [...pendingCalls]) await call.answer();
    expect(received).toEqual(["state alice bob"]);
  });

  it("for the diff but not for the state, new subscribers get their state and later a fresh one with the others", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock, errors } = await openPresence({ fetch });
    const diffs = diffsOf(presence);
    const early = recordMessages(presence, "lobby");
    await flushPromises();
    await pendingCalls[0]!.answer();
    presence.track("a", "lobby", "alice");
    const late = recordMessages(presence, "lobby");
    presence.track("b", "lobby", "bob");
    for (const call of [...pendingCalls]) await call.answer();
    const [joins, leaves, state] = pendingCalls;
    await leaves!.fail();
    await joins!.fail();
    await state!.answer();
    expect([early.received, late.received, errors.length]).toEqual([
      ["state", "+alice"],
      ["state alice bob"],
      1,
    ]);
    presence.untrack("a");
    clock.advance(1_000);
    for (const call of [...pendingCalls]) await call.answer();
    expect([early.received.at(-1), late.received.at(-1), diffs]).toEqual([
      "state bob",
      "state bob",
      ["+alice", "+bob -alice"],
    ]);
  });

  it("changes that cancel out make no diff, and the presence stops retrying", async () => {
    const { database, fetch } = fetchFromDatabase();
    const { presence, clock, errors } = await openPresence({ fetch });
    const diffs = diffsOf(presence);
    database.isDown = true;
    presence.track("a", "lobby", "alice");
    presence.untrack("a");
    clock.advance(60_000);
    expect([diffs, errors.length, database.calls]).toEqual([[], 1, 1]);
  });

  it("a topic without subscribers and listeners is not retried", async () => {
    const { database, fetch } = fetchFromDatabase();
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

  it("other topics work", async () => {
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
    expect([lobby.received, kitchen.received]).toEqual([[], ["state", "+alice"]]);
  });
});

describe("a fetch that never resolves", () => {
  it("fails after fetchTimeoutMs, 5 s, and its late result is ignored", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock, errors } = await openPresence({ fetch });
    const { received } = recordMessages(presence, "lobby");
    const diffs = diffsOf(presence);
    await flushPromises();
    await pendingCalls[0]!.answer();
    presence.track("a", "lobby", "alice");
    const [lateJoins, lateLeaves] = pendingCalls;
    clock.advance(4_999);
    expect(errors).toEqual([]);
    clock.advance(1);
    expect(errors).toEqual([expect.objectContaining({ code: "FETCH_TIMEOUT", topic: "lobby" })]);
    clock.advance(1_000);
    expect(pendingCalls.map(({ keys }) => keys)).toEqual([["alice"], [], ["alice"], [], ["alice"]]);
    await lateJoins!.answer({ late: { metas: [] } });
    await lateLeaves!.answer();
    expect([received, diffs]).toEqual([["state"], []]);
    for (const call of [...pendingCalls]) await call.answer();
    expect([received, diffs, errors.length]).toEqual([["state", "state alice"], ["+alice"], 1]);
  });

  it("may reject after the timeout without another error", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock, errors } = await openPresence({ fetch });
    recordMessages(presence, "lobby");
    await flushPromises();
    clock.advance(5_000);
    await pendingCalls[0]!.fail();
    expect(errors).toHaveLength(1);
  });

  it("leaves no timer behind if it resolves in time", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock, errors } = await openPresence({ fetch });
    const setTimer = vi.spyOn(clock, "setTimer");
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    expect(setTimer.mock.calls.map(([, delayMs]) => delayMs)).toEqual([5_000]);
    await pendingCalls[0]!.answer();
    clock.advance(60_000);
    expect([received, errors]).toEqual([["state"], []]);
  });
});

describe("a projection that hides users", () => {
  it("keeps users out of every message, list, event and error, even when it fails", async () => {
    const hide = countOnly("readers");
    let shouldFail = 0;
    const { presence, clock, errors } = await openPresence({
      fetch: (topic: string, presences: State) => {
        if (shouldFail === 1) throw new Error("failed");
        const counts = hide(topic, presences);
        return shouldFail === 2 ? Promise.reject(new Error("failed")) : counts;
      },
    });
    const texts: string[] = [];
    presence.subscribe("lobby", (message) => texts.push(JSON.stringify(message), String(message)));
    presence.on("diff", (diff) => texts.push(JSON.stringify([...diff])));
    for (let change = 0; change < 60; change++) {
      shouldFail = change % 3;
      presence.track(`secret-${change}`, "lobby", "readers", { name: "secret" });
      presence.track(`secret-${change}`, "lobby", "secret");
      if (change > 3) presence.untrack(`secret-${change - 3}`);
      await flushPromises();
      const received = (value: unknown) => texts.push(`${JSON.stringify(value)}`);
      await presence
        .list("lobby")
        .then(received, (error: Error) => texts.push(`${error.stack} ${error.cause}`));
      await presence
        .getByKey("lobby", "readers")
        .then(received, (error: Error) => texts.push(`${error.stack} ${error.cause}`));
      clock.advance(400);
    }
    expect(errors.length).toBeGreaterThan(10);
    expect(texts.length).toBeGreaterThan(100);
    for (const error of errors)
      texts.push(`${error.stack} ${(error.cause as Error).stack}`, JSON.stringify(error));
    expect(texts.filter((text) => text.includes("secret") || text.includes("phx_ref"))).toEqual([]);
  });
});
