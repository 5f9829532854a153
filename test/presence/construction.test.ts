import { describe, expect, it } from "vitest";
import { createPresence, createTracker, memoryPubSub, Presence, Tracker } from "../../src/index.ts";

/** The token of a class without a public constructor in an injection container, as NestJS declares it. */
// biome-ignore lint/complexity/noBannedTypes: NestJS declares it so.
interface Token<T> extends Function {
  prototype: T;
}

class Container {
  // biome-ignore lint/complexity/noBannedTypes: NestJS declares it so.
  readonly #instances = new Map<Function, unknown>();

  provide<T>(token: Token<T>, instance: T): this {
    this.#instances.set(token, instance);
    return this;
  }

  get<T>(token: Token<T>): T {
    return this.#instances.get(token) as T;
  }
}

class LobbyService {
  readonly tracker: Tracker;
  readonly presence: Presence;

  constructor(tracker: Tracker, presence: Presence) {
    this.tracker = tracker;
    this.presence = presence;
  }

  count(): number {
    return this.tracker.count("lobby") + this.presence.count("lobby");
  }
}

describe("the classes Tracker and Presence", () => {
  it.each([
    ["Tracker", Tracker, "createTracker"],
    ["Presence", Presence, "createPresence"],
  ])("%s refuses to be constructed directly and names its factory", (_name, constructed, factory) => {
    for (const given of [[], [{}], [{ pubsub: memoryPubSub() }]]) {
      expect(() => Reflect.construct(constructed, given)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(factory) }),
      );
    }
  });

  it("tell trackers from presences by instanceof", async () => {
    const pubsub = memoryPubSub();
    await using tracker = await createTracker({ pubsub });
    await using presence = await createPresence({ pubsub });
    expect([tracker instanceof Tracker, presence instanceof Presence]).toEqual([true, true]);
    expect([tracker instanceof Presence, presence instanceof Tracker]).toEqual([false, false]);
  });

  it("serve as injection tokens", async () => {
    const pubsub = memoryPubSub();
    await using tracker = await createTracker({ pubsub });
    await using presence = await createPresence({ pubsub, clusterName: "other" });
    const container = new Container().provide(Tracker, tracker).provide(Presence, presence);
    const service = new LobbyService(container.get(Tracker), container.get(Presence));
    tracker.track("session", "lobby", "alice");
    presence.track("session", "lobby", "bob");
    expect(service.count()).toBe(2);
  });

  it("have no method for internal use", async () => {
    const pubsub = memoryPubSub();
    await using tracker = await createTracker({ pubsub });
    await using presence = await createPresence({ pubsub });
    for (const node of [tracker, presence]) {
      for (const name of ["begin", "replication", "tracker", "hasQueuedDiff"])
        expect(name in node).toBe(false);
    }
    expect(["subscribe" in tracker, "subscribe" in presence]).toEqual([false, true]);
  });
});
