import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { flushPromises, manualFetch, openPresence, summaryOf } from "../open-presence.ts";

type Message = Parameters<typeof summaryOf>[0];

/** A listener that records each message as a text. */
function recorder() {
  const received: string[] = [];
  return { received, listener: (message: Message) => received.push(summaryOf(message)) };
}

describe("a subscription with an owner", () => {
  for (const order of ["subscribe first", "track first"] as const) {
    it(`ends before the presences of the owner leave, whatever came first: ${order}`, async () => {
      const { fetch, pendingCalls } = manualFetch();
      const { presence } = await openPresence({ fetch });
      const socket = new EventEmitter();
      const { received, listener } = recorder();
      const subscribe = () => presence.subscribe("lobby", listener, { owner: socket });
      const first = order === "subscribe first" ? subscribe() : undefined;
      presence.track(socket, "lobby", "alice");
      const subscription = first ?? subscribe();
      await flushPromises();
      for (const call of [...pendingCalls]) await call.answer();
      socket.emit("close");
      await flushPromises();
      expect([presence.count("lobby"), received, pendingCalls]).toEqual([0, ["state alice"], []]);
      expect([subscription.ended, socket.listenerCount("close")]).toEqual([true, 0]);
    });
  }

  it("adds one listener to the socket, however many presences and subscriptions it has", async () => {
    const { presence } = await openPresence();
    const socket = new EventEmitter();
    for (const topic of ["a", "b", "c"]) {
      presence.track(socket, topic, "alice");
      presence.subscribe(topic, () => {}, { owner: socket });
    }
    expect(socket.listenerCount("close")).toBe(1);
  });

  it("lets the owner go when it is unsubscribed", async () => {
    const { presence } = await openPresence();
    const socket = new EventEmitter();
    const one = presence.subscribe("lobby", () => {}, { owner: socket });
    const other = presence.subscribe("lobby", () => {}, { owner: socket });
    one.unsubscribe();
    one.unsubscribe();
    expect(socket.listenerCount("close")).toBe(1);
    other.unsubscribe();
    expect(socket.listenerCount("close")).toBe(0);
  });

  it("stays when the presences of the owner are untracked", async () => {
    const { presence } = await openPresence();
    const socket = new EventEmitter();
    const { received, listener } = recorder();
    presence.track(socket, "lobby", "alice");
    const subscription = presence.subscribe("lobby", listener, { owner: socket });
    await flushPromises();
    presence.untrack(socket);
    expect([received, subscription.ended]).toEqual([["state alice", "-alice"], false]);
    socket.emit("close");
    expect(subscription.ended).toBe(true);
  });

  it("ends with a string when end is called with it", async () => {
    const { presence } = await openPresence({ leaveDelayMs: 5_000 });
    const { received, listener } = recorder();
    presence.track("session 17", "lobby", "alice");
    const subscription = presence.subscribe("lobby", listener, { owner: "session 17" });
    await flushPromises();
    presence.end("session 17");
    presence.track("b", "lobby", "bob");
    expect([received, subscription.ended]).toEqual([["state alice"], true]);
  });

  it("is returned ended, without a call of fetch, if the owner has ended already", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence } = await openPresence({ fetch });
    const subscription = presence.subscribe("lobby", () => {}, { owner: AbortSignal.abort() });
    subscription.addKeys("alice");
    subscription.pause();
    subscription.resume();
    await flushPromises();
    expect([subscription.ended, pendingCalls]).toEqual([true, []]);
  });

  it("ends with its signal or its owner, whichever ends first", async () => {
    const { presence } = await openPresence();
    const socket = new EventEmitter();
    const controller = new AbortController();
    const subscribe = () =>
      presence.subscribe("lobby", () => {}, { owner: socket, signal: controller.signal });
    const one = subscribe();
    controller.abort();
    expect([one.ended, socket.listenerCount("close"), subscribe().ended]).toEqual([true, 0, true]);
  });

  it("ends when the presence closes, and with using", async () => {
    const { presence, close } = await openPresence();
    const disposed = presence.subscribe("lobby", () => {});
    disposed[Symbol.dispose]();
    const open = presence.subscribe("lobby", () => {});
    expect([disposed.ended, open.ended]).toEqual([true, false]);
    await close();
    expect(open.ended).toBe(true);
  });

  it("must have an owner whose end can be seen, and a signal, if these are given", async () => {
    const { presence } = await openPresence();
    const subscribe = (options: object) => () => presence.subscribe("lobby", () => {}, options);
    expect(subscribe({ owner: undefined })).toThrow("The owner is undefined");
    expect(subscribe({ owner: {} })).toThrow(TypeError);
    expect(subscribe({ signal: undefined })).toThrow("signal is undefined; it must be an AbortSignal");
    expect(subscribe({ signal: new EventEmitter() })).toThrow(TypeError);
  });
});

describe("a paused subscription", () => {
  it("gets one diff with what has changed when it resumes, and nothing if that is nothing", async () => {
    const { presence } = await openPresence();
    const { received, listener } = recorder();
    presence.track("a", "lobby", "alice");
    const subscription = presence.subscribe("lobby", listener);
    await flushPromises();
    subscription.pause();
    subscription.pause();
    presence.track("b", "lobby", "bob");
    presence.track("c", "lobby", "carol");
    presence.untrack("b");
    presence.untrack("a");
    subscription.resume();
    await flushPromises();
    expect(received).toEqual(["state alice", "+carol -alice"]);
    subscription.pause();
    presence.track("b", "lobby", "bob");
    presence.untrack("b");
    subscription.resume();
    await flushPromises();
    expect(received).toHaveLength(2);
  });

  it("gets its first state when it resumes", async () => {
    const { presence } = await openPresence();
    const { received, listener } = recorder();
    const subscription = presence.subscribe("lobby", listener);
    subscription.pause();
    await flushPromises();
    presence.track("a", "lobby", "alice");
    subscription.resume();
    await flushPromises();
    expect(received).toEqual(["state alice"]);
  });

  it("gets a state if it has missed more than 1 000 changes, or was paused while a message was on its way", async () => {
    const { fetch, pendingCalls } = manualFetch();
    let isSlow = false;
    const { presence } = await openPresence({
      fetch: (topic, presences) => (isSlow ? fetch(topic, presences) : presences),
    });
    const { received, listener } = recorder();
    const subscription = presence.subscribe("lobby", listener);
    await flushPromises();
    subscription.pause();
    for (let at = 0; at <= 1_000; at++) presence.track(`${at}`, "lobby", "alice");
    subscription.resume();
    await flushPromises();
    isSlow = true;
    presence.track("b", "lobby", "bob");
    subscription.pause();
    isSlow = false;
    for (const call of [...pendingCalls]) await call.answer();
    expect(received).toEqual(["state", "state alice"]);
    subscription.resume();
    await flushPromises();
    expect(received).toEqual(["state", "state alice", "state alice bob"]);
  });
});
