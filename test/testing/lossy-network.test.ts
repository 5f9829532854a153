import { describe, expect, it } from "vitest";
import { EventQueue, queueClock } from "../../src/testing/event-queue.ts";
import { GOOD_CONDITIONS, type NetworkConditions } from "../../src/testing/network/conditions.ts";
import { Links } from "../../src/testing/network/links.ts";
import { lossyNetwork } from "../../src/testing/network/lossy-network.ts";
import { seededRandom } from "../../src/testing/seeded-random.ts";
import { SimulatedBroker } from "../../src/testing/simulation/simulated-broker.ts";

/** The nodes tokyo, paris and osaka, which have all subscribed to "news". `received` lists what a node received, and when. */
function threeNodes(conditions: Partial<NetworkConditions> = {}) {
  const queue = new EventQueue();
  const broker = new SimulatedBroker(queue);
  const clock = queueClock(queue, () => queue.now);
  const network = lossyNetwork({ clock, random: seededRandom(1), conditions });
  const join = (name: string) => {
    const pubsub = network.wrap(name, broker.connect());
    const received: { text: string; at: number }[] = [];
    const listener = (bytes: Uint8Array) => {
      received.push({ text: new TextDecoder().decode(bytes), at: queue.now });
    };
    const subscribe = () => pubsub.subscribe("news", listener);
    void subscribe();
    return {
      pubsub,
      received,
      subscribe,
      unsubscribe: () => pubsub.unsubscribe("news", listener),
      texts: () => received.map(({ text }) => text),
      publish: (text: string) => pubsub.publish("news", new TextEncoder().encode(text)),
    };
  };
  const advance = (ms: number) => queue.advance(ms);
  return { network, advance, tokyo: join("tokyo"), paris: join("paris"), osaka: join("osaka") };
}

describe("lossyNetwork", () => {
  it("delivers every message at once by default, including to its sender", () => {
    const { advance, tokyo, paris, osaka } = threeNodes();
    void tokyo.publish("hello");
    expect(tokyo.received).toEqual([]);
    advance(0);
    for (const node of [tokyo, paris, osaka]) expect(node.received).toEqual([{ text: "hello", at: 0 }]);
  });

  it("loses messages at lossRate, but none that a node sends to itself", () => {
    const { advance, network, tokyo, paris } = threeNodes({ lossRate: 0.3 });
    for (let at = 0; at < 1_000; at++) void tokyo.publish("hello");
    advance(0);
    expect(tokyo.received).toHaveLength(1_000);
    expect(paris.received.length).toBeGreaterThan(640);
    expect(paris.received.length).toBeLessThan(760);
    expect(network.counts.lost).toBeGreaterThan(500);
  });

  it("duplicates messages, with a separate delay for the copy", () => {
    const { advance, network, tokyo, paris } = threeNodes({ duplicateRate: 1, delayMs: [1, 100] });
    void tokyo.publish("hello");
    advance(100);
    expect(paris.texts()).toEqual(["hello", "hello"]);
    expect(paris.received[0]!.at).not.toBe(paris.received[1]!.at);
    expect(network.counts.duplicated).toBe(3);
  });

  it("delays messages within delayMs and keeps the order of a link", () => {
    const { advance, tokyo, paris } = threeNodes({ delayMs: [50, 200] });
    const texts = Array.from({ length: 50 }, (_, at) => `${at}`);
    for (const text of texts) void tokyo.publish(text);
    advance(49);
    expect(paris.received).toEqual([]);
    advance(151);
    expect(paris.texts()).toEqual(texts);
  });

  it("reorders messages without keepsOrder, and counts them", () => {
    const { advance, network, tokyo, paris } = threeNodes({ delayMs: [0, 200], keepsOrder: false });
    const texts = Array.from({ length: 50 }, (_, at) => `${at}`);
    for (const text of texts) void tokyo.publish(text);
    advance(200);
    expect(paris.texts()).not.toEqual(texts);
    expect(paris.texts().sort()).toEqual(texts.sort());
    expect(network.counts.reordered).toBeGreaterThan(10);
  });

  it("delays late messages for minutes, so that others overtake them", () => {
    const { advance, network, tokyo, paris } = threeNodes({ lateRate: 1, lateMs: [120_000, 120_000] });
    void tokyo.publish("old");
    advance(1_000);
    network.setConditions({ lateRate: 0 });
    void tokyo.publish("new");
    advance(200_000);
    expect(paris.received).toEqual([
      { text: "new", at: 1_000 },
      { text: "old", at: 120_000 },
    ]);
  });

  it("cuts one direction only", () => {
    const { advance, network, tokyo, paris, osaka } = threeNodes();
    network.cut("tokyo", "paris");
    void tokyo.publish("to paris");
    void paris.publish("to tokyo");
    advance(0);
    expect(paris.texts()).toEqual(["to tokyo"]);
    expect(tokyo.texts()).toEqual(["to paris", "to tokyo"]);
    expect(osaka.texts()).toEqual(["to paris", "to tokyo"]);
    network.heal("tokyo", "paris");
    void tokyo.publish("again");
    advance(0);
    expect(paris.texts()).toEqual(["to tokyo", "again"]);
  });

  it("delivers messages that were on their way before a cut", () => {
    const { advance, network, tokyo, paris } = threeNodes({ delayMs: [100, 100] });
    void tokyo.publish("hello");
    advance(50);
    network.cut("tokyo", "paris");
    advance(50);
    expect(paris.texts()).toEqual(["hello"]);
  });

  it("isolates a node, which still receives its own messages, until heal", () => {
    const { advance, network, tokyo, paris, osaka } = threeNodes();
    network.isolate("paris");
    void paris.publish("anyone?");
    void tokyo.publish("paris?");
    advance(0);
    expect(paris.texts()).toEqual(["anyone?"]);
    expect(osaka.texts()).toEqual(["paris?"]);
    network.heal("paris");
    void paris.publish("back");
    advance(0);
    expect(osaka.texts()).toEqual(["paris?", "back"]);
  });

  it("partitions groups of nodes", () => {
    const { advance, network, tokyo, paris, osaka } = threeNodes();
    network.partition(["tokyo", "osaka"], ["paris"]);
    void tokyo.publish("hello");
    advance(0);
    expect(osaka.texts()).toEqual(["hello"]);
    expect(paris.texts()).toEqual([]);
    network.heal();
    void tokyo.publish("again");
    advance(0);
    expect(paris.texts()).toEqual(["again"]);
  });

  it("disconnects a node: publish throws, it receives nothing, and watchConnection reports it", () => {
    const { advance, network, tokyo, paris } = threeNodes();
    const reported: boolean[] = [];
    tokyo.pubsub.watchConnection!((isConnected) => reported.push(isConnected));
    network.disconnect("tokyo");
    expect(() => tokyo.publish("hello")).toThrow("tokyo has no connection");
    void paris.publish("tokyo?");
    advance(0);
    expect(tokyo.received).toEqual([]);
    network.reconnect("tokyo");
    void paris.publish("tokyo!");
    advance(0);
    expect(tokyo.texts()).toEqual(["tokyo!"]);
    expect(reported).toEqual([true, false, true]);
  });

  it("disconnects a node without an error or a report", () => {
    const { advance, network, tokyo, paris } = threeNodes();
    const reported: boolean[] = [];
    const stop = tokyo.pubsub.watchConnection!((isConnected) => reported.push(isConnected));
    network.disconnect("tokyo", { told: false, publishThrows: false });
    void tokyo.publish("hello");
    advance(0);
    expect(paris.received).toEqual([]);
    network.heal("tokyo");
    void tokyo.publish("again");
    advance(0);
    expect(paris.texts()).toEqual(["again"]);
    stop();
    network.disconnect("tokyo");
    expect(reported).toEqual([true]);
  });

  it("loses messages that arrive while their receiver is disconnected", () => {
    const { advance, network, tokyo, paris } = threeNodes({ delayMs: [100, 100] });
    void tokyo.publish("hello");
    advance(50);
    network.disconnect("paris");
    advance(100);
    network.reconnect("paris");
    advance(100);
    expect(paris.received).toEqual([]);
  });

  it("drops the subscriptions of a node until it subscribes again", () => {
    const { advance, network, tokyo, paris } = threeNodes();
    network.deafen("paris");
    void tokyo.publish("paris?");
    void paris.publish("me?");
    advance(0);
    expect(paris.received).toEqual([]);
    void paris.unsubscribe();
    void paris.subscribe();
    void tokyo.publish("paris!");
    advance(0);
    expect(paris.texts()).toEqual(["paris!"]);
  });

  it("never calls a listener after unsubscribe, not even with messages that were on their way", () => {
    const { advance, tokyo, paris } = threeNodes({ delayMs: [100, 100] });
    void tokyo.publish("hello");
    advance(50);
    void paris.unsubscribe();
    advance(100);
    expect(paris.received).toEqual([]);
  });

  it("changes the conditions of one link only", () => {
    const { advance, network, tokyo, paris, osaka } = threeNodes();
    network.setLink("tokyo", "paris", { lossRate: 1 });
    void tokyo.publish("hello");
    void paris.publish("hi");
    advance(0);
    expect(paris.texts()).toEqual(["hi"]);
    expect(tokyo.texts()).toEqual(["hello", "hi"]);
    expect(osaka.texts()).toEqual(["hello", "hi"]);
  });

  it("subtracts its stamp from maxMessageBytes of the driver", () => {
    const { network } = threeNodes();
    const narrow = { ...new SimulatedBroker(new EventQueue()).connect(), maxMessageBytes: 8_000 };
    expect(network.wrap("lima", narrow).maxMessageBytes).toBe(8_000 - 1 - 4 - 4);
  });

  it("drops messages without a stamp", () => {
    const queue = new EventQueue();
    const broker = new SimulatedBroker(queue);
    const received: Uint8Array[] = [];
    void lossyNetwork()
      .wrap("tokyo", broker.connect())
      .subscribe("news", (bytes) => received.push(bytes));
    void broker.connect().publish("news", new Uint8Array());
    void broker.connect().publish("news", new Uint8Array([200, 1, 2]));
    queue.advance(0);
    expect(received).toEqual([]);
  });

  it("refuses names that do not fit into a stamp", () => {
    const wrap = (name: string) => lossyNetwork().wrap(name, new SimulatedBroker(new EventQueue()).connect());
    expect(() => wrap("")).toThrow(TypeError);
    expect(() => wrap("é".repeat(128))).toThrow(TypeError);
  });
});

describe("Links", () => {
  it("know when all messages have arrived, late ones and copies included", () => {
    const links = new Links(seededRandom(1));
    links.conditions = { ...GOOD_CONDITIONS, delayMs: [10, 20], lateMs: [1_000, 5_000], keepsOrder: false };
    const lastOf = (sentAt: readonly number[]) =>
      Math.max(...sentAt.flatMap((at) => links.deliveryDelays("tokyo", "paris", at).map((ms) => at + ms)));
    const onTime = lastOf([0, 1, 2]);
    expect(links.allArrivedAt).toBe(onTime);
    links.setAll({ duplicateRate: 1 });
    const twice = lastOf([100]);
    expect(links.allArrivedAt).toBe(twice);
    links.setAll({ duplicateRate: 0, lateRate: 1 });
    const late = lastOf([200, 201, 202]);
    expect(late).toBeGreaterThan(1_200);
    links.setAll({ lateRate: 0 });
    lastOf([300]);
    expect(links.allArrivedAt).toBe(late);
    links.cut("tokyo", "paris");
    links.deliveryDelays("tokyo", "paris", 1_000_000);
    expect(links.allArrivedAt).toBe(late);
  });
});
