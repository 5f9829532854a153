import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { BrokerSession } from "../../src/pubsub/internal/broker-session.ts";

/** A session over a fake broker. The tests in test/brokers use real ones. */
function setup() {
  const broker = { canReceive: true, canPublish: true, refuses: false, isSlow: false };
  const requested: string[] = [];
  const answers: (() => void)[] = [];
  const published: string[] = [];
  const session = new BrokerSession(
    {
      name: "the broker",
      canReceive: () => broker.canReceive,
      canPublish: () => broker.canPublish,
      subscribe: async (topic) => {
        requested.push(topic);
        if (broker.isSlow) await new Promise<void>((resolve) => answers.push(resolve));
        if (broker.refuses) throw new Error("no");
      },
      unsubscribe: async () => {},
      publish: async (topic) => void published.push(topic),
    },
    1_000,
  );
  const states: boolean[] = [];
  const pubsub = session.pubSub(() => {});
  pubsub.watchConnection!((isConnected) => void states.push(isConnected));
  return { broker, session, pubsub, requested, answers, published, states };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("a session gives no message to a disconnected client, which would queue it", async () => {
  const { broker, pubsub, published } = setup();
  broker.canPublish = false;
  await expect(pubsub.publish("a", new Uint8Array(1))).rejects.toThrow("the broker is not connected");
  broker.canPublish = true;
  await pubsub.publish("b", new Uint8Array(1));
  expect(published).toEqual(["b"]);
});

it("a session is connected again only when it is subscribed and can publish", async () => {
  const { broker, session, pubsub, requested, states } = setup();
  broker.canPublish = false;
  session.connectionChanged();
  broker.refuses = true;
  await expect(pubsub.subscribe("a", () => {})).rejects.toThrow("did not subscribe to a: no");
  broker.refuses = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(requested).toEqual(["a", "a"]);
  expect(states).toEqual([true, false]);
  broker.canPublish = true;
  session.connectionChanged();
  await vi.advanceTimersByTimeAsync(0);
  expect(requested).toEqual(["a", "a", "a"]);
  expect(states).toEqual([true, false, true]);
});

it("a session ignores an answer from an earlier connection", async () => {
  const { broker, session, pubsub, answers, states } = setup();
  await pubsub.subscribe("a", () => {});
  broker.isSlow = true;
  for (const isConnected of [false, true, false, true]) {
    broker.canReceive = isConnected;
    session.connectionChanged();
  }
  answers[0]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(states).toEqual([true, false]);
  answers[1]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(states).toEqual([true, false, true]);
});

it("a session subscribes again after a loss whose end the client does not report", async () => {
  const { broker, session, pubsub, requested, answers, states } = setup();
  broker.refuses = true;
  await expect(pubsub.subscribe("a", () => {})).rejects.toThrow("did not subscribe to a: no");
  broker.isSlow = true;
  await vi.advanceTimersByTimeAsync(1_000);
  broker.canReceive = false;
  session.connectionChanged();
  broker.canReceive = true;
  answers[0]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(states).toEqual([true, false]);
  Object.assign(broker, { refuses: false, isSlow: false });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(requested).toEqual(["a", "a", "a"]);
  expect(states).toEqual([true, false, true]);
});

it("a session counts only bytes that still wait", async () => {
  const { pubsub, published } = setup();
  for (let megabyte = 0; megabyte < 20; megabyte++) await pubsub.publish("a", new Uint8Array(1_048_576));
  expect(published).toHaveLength(20);
});
