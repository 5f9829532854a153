import { describe, expect, it, vi } from "vitest";
import type { MutableState, State } from "../../src/payload.ts";
import type { PresenceMessage } from "../../src/presence/presence-message.ts";
import { flushPromises, manualFetch, openPresence, recordMessages, summaryOf } from "./open-presence.ts";

describe("a subscriber", () => {
  it("gets the state and then every diff", async () => {
    const { presence } = await openPresence();
    presence.track("a", "lobby", "alice");
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    presence.track("b", "lobby", "bob");
    presence.untrack("a");
    presence.track("c", "kitchen", "carol");
    expect(received).toEqual(["state alice", "+bob", "-alice"]);
  });

  it("gets { topic, event, payload } with the raw presences if there is no fetch", async () => {
    const { presence } = await openPresence();
    const messages: PresenceMessage[] = [];
    const ref = presence.track("a", "lobby", "alice", { device: "phone" });
    presence.subscribe("lobby", (message) => messages.push(message as PresenceMessage));
    await flushPromises();
    const next = presence.update("a", "lobby", "alice", { device: "laptop" });
    const phone = { alice: { metas: [{ device: "phone", phx_ref: ref }] } };
    const laptop = { alice: { metas: [{ device: "laptop", phx_ref: next, phx_ref_prev: ref }] } };
    expect(messages).toEqual([
      { topic: "lobby", event: "presence_state", payload: phone },
      { topic: "lobby", event: "presence_diff", payload: { joins: laptop, leaves: phone } },
    ]);
  });

  it("is never called before subscribe returns", async () => {
    const { presence } = await openPresence();
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    const second = recordMessages(presence, "lobby");
    expect([received, second.received]).toEqual([["state"], []]);
    await flushPromises();
    expect(second.received).toEqual(["state"]);
  });

  it("gets one state that includes a change made before it", async () => {
    const { presence } = await openPresence();
    const { received } = recordMessages(presence, "lobby");
    presence.track("a", "lobby", "alice");
    expect(received).toEqual(["state alice"]);
    presence.untrack("a");
    await flushPromises();
    expect(received).toEqual(["state alice", "-alice"]);
  });

  it("is never called after it unsubscribed, even while fetch is running", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence } = await openPresence({ fetch });
    const gone = recordMessages(presence, "lobby");
    const stays = recordMessages(presence, "lobby");
    await flushPromises();
    gone.stop();
    gone.stop();
    await pendingCalls[0]!.answer();
    expect([gone.received, stays.received]).toEqual([[], ["state"]]);
    presence.track("a", "lobby", "alice");
    stays.stop();
    for (const call of [...pendingCalls]) await call.answer();
    presence.track("b", "lobby", "bob");
    await flushPromises();
    expect([stays.received, pendingCalls]).toEqual([["state"], []]);
  });

  it("may unsubscribe another subscriber during a message, which then does not get it", async () => {
    const { presence } = await openPresence();
    const stops: (() => void)[] = [];
    presence.subscribe("lobby", () => {
      for (const stop of stops) stop();
    });
    const { received, stop } = recordMessages(presence, "lobby");
    stops.push(stop);
    await flushPromises();
    expect(received).toEqual([]);
  });

  it("that subscribes twice has two subscriptions", async () => {
    const { presence } = await openPresence();
    const received: string[] = [];
    const listener = (message: PresenceMessage<State>) => received.push(summaryOf(message));
    const subscription = presence.subscribe("lobby", listener);
    presence.subscribe("lobby", listener);
    await flushPromises();
    subscription.unsubscribe();
    presence.track("a", "lobby", "alice");
    expect(received).toEqual(["state", "state", "+alice"]);
  });

  it("may track, untrack and subscribe during a message: each change comes after it as a diff of its own", async () => {
    const { presence } = await openPresence();
    const first: string[] = [];
    let late: readonly string[] = [];
    presence.subscribe("lobby", (message) => {
      first.push(summaryOf(message));
      if (message.event === "presence_diff") return;
      presence.track("robot", "lobby", "bot");
      presence.untrack("robot");
      late = recordMessages(presence, "lobby").received;
      first.push("end of the message");
    });
    const { received: second } = recordMessages(presence, "lobby");
    await flushPromises();
    expect(first).toEqual(["state", "end of the message", "+bot", "-bot"]);
    expect([second, late]).toEqual([["state", "+bot", "-bot"], ["state"]]);
  });

  it("gets its state after the diffs that are still queued for listeners", async () => {
    const { presence } = await openPresence();
    const sums: number[] = [];
    const diffs: string[] = [];
    presence.on("diff", (diff) => {
      diffs.push(...diff.keys());
      if (diffs.length > 1) return;
      presence.subscribe("lobby", (message) => {
        if (message.event === "presence_state") sums.push(Object.keys(message.payload).length);
        else
          sums.push(
            sums.at(-1)! +
              Object.keys(message.payload.joins).length -
              Object.keys(message.payload.leaves).length,
          );
      });
      presence.track("b", "lobby", "bob");
      presence.track("c", "lobby", "carol");
    });
    presence.track("a", "lobby", "alice");
    await flushPromises();
    presence.untrack("a");
    expect([sums.at(-1), diffs.length, new Set(sums).size]).toEqual([2, 4, sums.length]);
  });

  it("that throws or rejects causes an error event, and gets a state in place of what it missed", async () => {
    const { presence, errors, clock } = await openPresence();
    const received: string[] = [];
    let isBroken = true;
    presence.subscribe("lobby", (message) => {
      if (isBroken) throw new Error("thrown");
      received.push(summaryOf(message));
    });
    presence.subscribe("lobby", async (message) => {
      if (isBroken) throw new Error("rejected");
      received.push(summaryOf(message));
    });
    const other = recordMessages(presence, "lobby");
    await flushPromises();
    expect([errors.map(({ message }) => message), other.received]).toEqual([
      ["thrown", "rejected"],
      ["state"],
    ]);
    isBroken = false;
    presence.track("a", "lobby", "alice");
    expect([received, other.received]).toEqual([[], ["state", "+alice"]]);
    clock.advance(1_000);
    await flushPromises();
    presence.track("b", "lobby", "bob");
    expect(received).toEqual(["state alice", "state alice", "+bob", "+bob"]);
  });

  it("that goes on failing is tried again after 1, 2, 4, 8, 16, 30 and 30 s", async () => {
    const { presence, errors, clock } = await openPresence();
    let calls = 0;
    presence.subscribe("lobby", () => {
      calls++;
      throw new Error("thrown");
    });
    await flushPromises();
    presence.track("a", "lobby", "alice");
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      const before = calls;
      clock.advance(1_000 * seconds - 1);
      await flushPromises();
      expect(calls).toBe(before);
      clock.advance(1);
      await flushPromises();
      expect([calls, errors.length]).toEqual([before + 1, before + 1]);
    }
  });

  it("whose promise never settles delays no other subscriber", async () => {
    const { presence } = await openPresence();
    presence.subscribe("lobby", () => new Promise(() => {}));
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    presence.track("a", "lobby", "alice");
    expect(received).toEqual(["state", "+alice"]);
  });

  it("must be a function, and the topic must be valid", async () => {
    const { presence } = await openPresence({ maxTopicBytes: 10 });
    expect(() => presence.subscribe("lobby", "me" as never)).toThrow(
      'listener is "me"; it must be a function',
    );
    expect(() => presence.subscribe("", () => {})).toThrow(TypeError);
    expect(() => presence.subscribe(7 as never, () => {})).toThrow(TypeError);
    expect(() => presence.subscribe("a long topic", () => {})).toThrow(
      expect.objectContaining({ code: "LIMIT" }),
    );
  });
});

describe("subscribers of one topic share", () => {
  it("one fetch of the state while nothing changes", async () => {
    const fetch = vi.fn((_topic: string, presences: State) => presences);
    const { presence } = await openPresence({ fetch });
    const early = [recordMessages(presence, "lobby"), recordMessages(presence, "lobby")];
    await flushPromises();
    const late = recordMessages(presence, "lobby");
    await flushPromises();
    expect([...early, late].map(({ received }) => received)).toEqual([["state"], ["state"], ["state"]]);
    expect(fetch).toHaveBeenCalledTimes(1);
    presence.track("a", "lobby", "alice");
    const latest = recordMessages(presence, "lobby");
    await flushPromises();
    expect(latest.received).toEqual(["state alice"]);
    expect(fetch).toHaveBeenCalledTimes(4);
  });

  it("a state that fetch is still projecting, if nothing has changed since", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence } = await openPresence({ fetch });
    const alice = recordMessages(presence, "lobby");
    await flushPromises();
    const bob = recordMessages(presence, "lobby");
    await flushPromises();
    presence.track("c", "lobby", "carol");
    const dave = recordMessages(presence, "lobby");
    await flushPromises();
    expect(pendingCalls).toHaveLength(1);
    await pendingCalls[0]!.answer();
    expect([alice.received, bob.received, dave.received]).toEqual([["state"], ["state"], []]);
    for (const call of [...pendingCalls]) await call.answer();
    expect([alice.received, bob.received, dave.received]).toEqual([
      ["state", "+carol"],
      ["state", "+carol"],
      ["state carol"],
    ]);
  });

  it("one JSON text, made once for 10 000 of them", async () => {
    const toJSON = vi.fn(() => ({ readers: { count: 1 } }));
    const { presence } = await openPresence({ fetch: () => ({ toJSON }) });
    const messages = new Set<PresenceMessage<object>>();
    let sent = 0;
    for (let reader = 0; reader < 10_000; reader++) {
      presence.subscribe("article:7", (message) => {
        messages.add(message);
        sent += String(message).length;
      });
    }
    await flushPromises();
    expect([toJSON.mock.calls.length, messages.size]).toEqual([1, 1]);
    presence.track("a", "article:7", "readers");
    expect([toJSON.mock.calls.length, messages.size]).toEqual([3, 2]);
    const state = '{"topic":"article:7","event":"presence_state","payload":{"readers":{"count":1}}}';
    const diff =
      '{"topic":"article:7","event":"presence_diff","payload":{"joins":{"readers":{"count":1}},"leaves":{"readers":{"count":1}}}}';
    expect(Array.from(messages, String)).toEqual([state, diff]);
    expect(Array.from(messages, ({ json }) => json)).toEqual([state, diff]);
    expect(Array.from(messages, (message) => JSON.stringify(message))).toEqual([state, diff]);
    expect(sent).toBe(10_000 * (state.length + diff.length));
  });

  it("one message, which none of them can change", async () => {
    const { presence } = await openPresence();
    const texts: string[] = [];
    presence.subscribe("lobby", (message) => {
      for (const change of [
        () => Object.assign(message, { event: "mine" }),
        () => Object.assign(message.payload, { mallory: {} }),
        () => "joins" in message.payload && Object.assign(message.payload["joins"], { mallory: {} }),
        () => (message.payload as MutableState)["alice"]?.metas.pop(),
      ]) {
        try {
          change();
        } catch {
          // Frozen.
        }
      }
    });
    presence.subscribe("lobby", (message) => texts.push(String(message)));
    presence.track("a", "lobby", "alice");
    presence.track("b", "lobby", "bob");
    expect(texts).toHaveLength(2);
    expect(texts.join()).not.toContain("mallory");
    expect(texts[0]).toContain("phx_ref");
    expect(texts.join()).not.toContain("mine");
  });

  it("no failure: a message that can't become JSON throws only where its text is needed", async () => {
    const { presence, errors } = await openPresence({ fetch: () => ({ big: 1n }) });
    const events: string[] = [];
    presence.subscribe("lobby", (message) => String(message));
    presence.subscribe("lobby", ({ event }) => events.push(event));
    await flushPromises();
    expect([events, errors.map(({ name }) => name)]).toEqual([["presence_state"], ["InvalidArgumentError"]]);
  });

  it("nothing after the last one unsubscribed: the next one gets a new state", async () => {
    const fetch = vi.fn((_topic: string, presences: State) => presences);
    const { presence } = await openPresence({ fetch });
    recordMessages(presence, "lobby").stop();
    const { stop } = recordMessages(presence, "lobby");
    await flushPromises();
    stop();
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    expect([received, fetch.mock.calls.length]).toEqual([["state"], 2]);
  });
});

describe("the presences that fetch gets", () => {
  it("may be changed by fetch", async () => {
    const { presence } = await openPresence({
      fetch: (_topic, presences) => {
        for (const key of Object.keys(presences)) presences[key]!.metas.length = 0;
        return presences;
      },
    });
    const payloads: unknown[] = [];
    presence.subscribe("lobby", ({ payload }) => payloads.push(payload));
    presence.on("diff", (diff) => payloads.push(diff.get("lobby")));
    await flushPromises();
    presence.track("a", "lobby", "alice");
    const change = { joins: { alice: { metas: [] } }, leaves: {} };
    expect(payloads).toEqual([{}, change, change]);
    expect(presence.count("lobby")).toBe(1);
  });
});
