import { describe, expect, it } from "vitest";
import { EventQueue, queueClock } from "../../src/testing/event-queue.ts";
import type { NetworkConditions } from "../../src/testing/network/conditions.ts";
import { lossyNetwork } from "../../src/testing/network/lossy-network.ts";
import { seededRandom } from "../../src/testing/seeded-random.ts";
import { SimulatedBroker } from "../../src/testing/simulation/simulated-broker.ts";

/** Tokyo, paris and osaka, each listening to "news"; `heard` is what each heard, and when. */
function threeNodes(conditions: Partial<NetworkConditions> = {}) {
  const queue = new EventQueue();
  const bus = new SimulatedBroker(queue);
  const clock = queueClock(queue, () => queue.now);
  const network = lossyNetwork({ clock, random: seededRandom(1), conditions });
  const join = (name: string) => {
    const pubsub = network.wrap(name, bus.connect());
    const heard: { text: string; at: number }[] = [];
    const listener = (bytes: Uint8Array) => {
      heard.push({ text: new TextDecoder().decode(bytes), at: queue.now });
    };
    const listen = () => pubsub.subscribe("news", listener);
    void listen();
    return {
      pubsub,
      heard,
      listen,
      stop: () => pubsub.unsubscribe("news", listener),
      texts: () => heard.map(({ text }) => text),
      say: (text: string) => pubsub.publish("news", new TextEncoder().encode(text)),
    };
  };
  const advance = (ms: number) => queue.advance(ms);
  return { network, advance, tokyo: join("tokyo"), paris: join("paris"), osaka: join("osaka") };
}

describe("lossyNetwork", () => {
  it("does nothing to what it carries unless it is told to, and brings everybody their own messages", () => {
    const { advance, tokyo, paris, osaka } = threeNodes();
    void tokyo.say("hello");
    expect(tokyo.heard).toEqual([]);
    advance(0);
    for (const node of [tokyo, paris, osaka]) expect(node.heard).toEqual([{ text: "hello", at: 0 }]);
  });

  it("loses the part of the messages that it is told to lose, but none that a node sends itself", () => {
    const { advance, network, tokyo, paris } = threeNodes({ lossRate: 0.3 });
    for (let at = 0; at < 1_000; at++) void tokyo.say("hello");
    advance(0);
    expect(tokyo.heard).toHaveLength(1_000);
    expect(paris.heard.length).toBeGreaterThan(640);
    expect(paris.heard.length).toBeLessThan(760);
    expect(network.counts.lost).toBeGreaterThan(500);
  });

  it("duplicates, the copy with a delay of its own", () => {
    const { advance, network, tokyo, paris } = threeNodes({ duplicateRate: 1, delayMs: [1, 100] });
    void tokyo.say("hello");
    advance(100);
    expect(paris.texts()).toEqual(["hello", "hello"]);
    expect(paris.heard[0]!.at).not.toBe(paris.heard[1]!.at);
    expect(network.counts.duplicated).toBe(3);
  });

  it("delays within the range, and keeps the order of a link", () => {
    const { advance, tokyo, paris } = threeNodes({ delayMs: [50, 200] });
    const texts = Array.from({ length: 50 }, (_, at) => `${at}`);
    for (const text of texts) void tokyo.say(text);
    advance(49);
    expect(paris.heard).toEqual([]);
    advance(151);
    expect(paris.texts()).toEqual(texts);
  });

  it("reorders when it is not to keep the order, and counts it", () => {
    const { advance, network, tokyo, paris } = threeNodes({ delayMs: [0, 200], keepsOrder: false });
    const texts = Array.from({ length: 50 }, (_, at) => `${at}`);
    for (const text of texts) void tokyo.say(text);
    advance(200);
    expect(paris.texts()).not.toEqual(texts);
    expect(paris.texts().sort()).toEqual(texts.sort());
    expect(network.counts.reordered).toBeGreaterThan(10);
  });

  it("holds some messages up for minutes, and others overtake them", () => {
    const { advance, network, tokyo, paris } = threeNodes({ lateRate: 1, lateMs: [120_000, 120_000] });
    void tokyo.say("old");
    advance(1_000);
    network.setConditions({ lateRate: 0 });
    void tokyo.say("new");
    advance(200_000);
    expect(paris.heard).toEqual([
      { text: "new", at: 1_000 },
      { text: "old", at: 120_000 },
    ]);
  });

  it("cuts one direction only", () => {
    const { advance, network, tokyo, paris, osaka } = threeNodes();
    network.cut("tokyo", "paris");
    void tokyo.say("to paris");
    void paris.say("to tokyo");
    advance(0);
    expect(paris.texts()).toEqual(["to tokyo"]);
    expect(tokyo.texts()).toEqual(["to paris", "to tokyo"]);
    expect(osaka.texts()).toEqual(["to paris", "to tokyo"]);
    network.heal("tokyo", "paris");
    void tokyo.say("again");
    advance(0);
    expect(paris.texts()).toEqual(["to tokyo", "again"]);
  });

  it("lets what is under way arrive through a new cut", () => {
    const { advance, network, tokyo, paris } = threeNodes({ delayMs: [100, 100] });
    void tokyo.say("hello");
    advance(50);
    network.cut("tokyo", "paris");
    advance(50);
    expect(paris.texts()).toEqual(["hello"]);
  });

  it("isolates a node, which goes on hearing itself, until it is healed", () => {
    const { advance, network, tokyo, paris, osaka } = threeNodes();
    network.isolate("paris");
    void paris.say("anyone?");
    void tokyo.say("paris?");
    advance(0);
    expect(paris.texts()).toEqual(["anyone?"]);
    expect(osaka.texts()).toEqual(["paris?"]);
    network.heal("paris");
    void paris.say("back");
    advance(0);
    expect(osaka.texts()).toEqual(["paris?", "back"]);
  });

  it("parts groups from each other", () => {
    const { advance, network, tokyo, paris, osaka } = threeNodes();
    network.partition(["tokyo", "osaka"], ["paris"]);
    void tokyo.say("hello");
    advance(0);
    expect(osaka.texts()).toEqual(["hello"]);
    expect(paris.texts()).toEqual([]);
    network.heal();
    void tokyo.say("again");
    advance(0);
    expect(paris.texts()).toEqual(["again"]);
  });

  it("fails a node's connection: publish throws, nothing is heard, and who watches is told", () => {
    const { advance, network, tokyo, paris } = threeNodes();
    const told: boolean[] = [];
    tokyo.pubsub.watchConnection!((isConnected) => told.push(isConnected));
    network.disconnect("tokyo");
    expect(() => tokyo.say("hello")).toThrow("tokyo has no connection");
    void paris.say("tokyo?");
    advance(0);
    expect(tokyo.heard).toEqual([]);
    network.reconnect("tokyo");
    void paris.say("tokyo!");
    advance(0);
    expect(tokyo.texts()).toEqual(["tokyo!"]);
    expect(told).toEqual([true, false, true]);
  });

  it("fails a node's connection without a word", () => {
    const { advance, network, tokyo, paris } = threeNodes();
    const told: boolean[] = [];
    const stop = tokyo.pubsub.watchConnection!((isConnected) => told.push(isConnected));
    network.disconnect("tokyo", { told: false, publishThrows: false });
    void tokyo.say("hello");
    advance(0);
    expect(paris.heard).toEqual([]);
    network.heal("tokyo");
    void tokyo.say("again");
    advance(0);
    expect(paris.texts()).toEqual(["again"]);
    stop();
    network.disconnect("tokyo");
    expect(told).toEqual([true]);
  });

  it("loses what arrives while its receiver is out", () => {
    const { advance, network, tokyo, paris } = threeNodes({ delayMs: [100, 100] });
    void tokyo.say("hello");
    advance(50);
    network.disconnect("paris");
    advance(100);
    network.reconnect("paris");
    advance(100);
    expect(paris.heard).toEqual([]);
  });

  it("deafens a node until it subscribes anew", () => {
    const { advance, network, tokyo, paris } = threeNodes();
    network.deafen("paris");
    void tokyo.say("paris?");
    void paris.say("me?");
    advance(0);
    expect(paris.heard).toEqual([]);
    void paris.stop();
    void paris.listen();
    void tokyo.say("paris!");
    advance(0);
    expect(paris.texts()).toEqual(["paris!"]);
  });

  it("never calls a listener that was taken back, also with what was under way", () => {
    const { advance, tokyo, paris } = threeNodes({ delayMs: [100, 100] });
    void tokyo.say("hello");
    advance(50);
    void paris.stop();
    advance(100);
    expect(paris.heard).toEqual([]);
  });

  it("treats one link apart from the others", () => {
    const { advance, network, tokyo, paris, osaka } = threeNodes();
    network.setLink("tokyo", "paris", { lossRate: 1 });
    void tokyo.say("hello");
    void paris.say("hi");
    advance(0);
    expect(paris.texts()).toEqual(["hi"]);
    expect(tokyo.texts()).toEqual(["hello", "hi"]);
    expect(osaka.texts()).toEqual(["hello", "hi"]);
  });

  it("leaves room for its stamp in what a driver can carry", () => {
    const { network } = threeNodes();
    const narrow = { ...new SimulatedBroker(new EventQueue()).connect(), maxMessageBytes: 8_000 };
    expect(network.wrap("lima", narrow).maxMessageBytes).toBe(8_000 - 1 - 4 - 4);
  });

  it("drops what was not stamped", () => {
    const queue = new EventQueue();
    const bus = new SimulatedBroker(queue);
    const heard: Uint8Array[] = [];
    void lossyNetwork()
      .wrap("tokyo", bus.connect())
      .subscribe("news", (bytes) => heard.push(bytes));
    void bus.connect().publish("news", new Uint8Array());
    void bus.connect().publish("news", new Uint8Array([200, 1, 2]));
    queue.advance(0);
    expect(heard).toEqual([]);
  });

  it("refuses names that fit no stamp", () => {
    const wrap = (name: string) => lossyNetwork().wrap(name, new SimulatedBroker(new EventQueue()).connect());
    expect(() => wrap("")).toThrow(TypeError);
    expect(() => wrap("é".repeat(128))).toThrow(TypeError);
  });
});
