import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { BrokerSession } from "../../src/pubsub/internal/broker-session.ts";

/** The rules by themselves: what real brokers do to them is in test/brokers. */
function scene() {
  const is = { hearing: true, speaking: true, refusing: false, slow: false };
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const published: string[] = [];
  const session = new BrokerSession(
    {
      name: "the broker",
      canReceive: () => is.hearing,
      canPublish: () => is.speaking,
      subscribe: async (topic) => {
        asked.push(topic);
        if (is.refusing) throw new Error("no");
        if (is.slow) await new Promise<void>((resolve) => answers.push(resolve));
      },
      unsubscribe: async () => {},
      publish: async (topic) => void published.push(topic),
    },
    1_000,
  );
  const told: boolean[] = [];
  const pubsub = session.pubSub(() => {});
  pubsub.watchConnection!((isConnected) => void told.push(isConnected));
  return { is, session, pubsub, asked, answers, published, told };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("hands nothing to a client that is not connected, which would keep it for later", async () => {
  const { is, pubsub, published } = scene();
  is.speaking = false;
  await expect(pubsub.publish("a", new Uint8Array(1))).rejects.toThrow("the broker is not connected");
  is.speaking = true;
  await pubsub.publish("b", new Uint8Array(1));
  expect(published).toEqual(["b"]);
});

it("is connected again when it is subscribed and can be heard, not before", async () => {
  const { is, session, pubsub, asked, told } = scene();
  is.speaking = false;
  session.connectionChanged();
  is.refusing = true;
  await expect(pubsub.subscribe("a", () => {})).rejects.toThrow("did not subscribe to a: no");
  is.refusing = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toEqual(["a", "a"]);
  expect(told).toEqual([true, false]);
  is.speaking = true;
  session.connectionChanged();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(["a", "a", "a"]);
  expect(told).toEqual([true, false, true]);
});

it("is not connected by what was asked of an earlier connection", async () => {
  const { is, session, pubsub, answers, told } = scene();
  await pubsub.subscribe("a", () => {});
  is.slow = true;
  for (const isThere of [false, true, false, true]) {
    is.hearing = isThere;
    session.connectionChanged();
  }
  answers[0]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual([true, false]);
  answers[1]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual([true, false, true]);
});

it("counts only what waits still", async () => {
  const { pubsub, published } = scene();
  for (let megabyte = 0; megabyte < 20; megabyte++) await pubsub.publish("a", new Uint8Array(1_048_576));
  expect(published).toHaveLength(20);
});
