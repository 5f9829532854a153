import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import { type Clock, memoryPubSub, type PubSub, systemClock } from "../../src/index.ts";
import type { EndpointOptions } from "../../src/phoenix/index.ts";
import { type ManualClock, manualClock } from "../../src/testing/index.ts";
import { hang, PollClient } from "./poll-client.ts";
import { reply } from "./raw-client.ts";
import { type ServedEndpoint, serveEndpoint } from "./serve-endpoint.ts";

interface Node extends ServedEndpoint<Record<string, unknown>> {
  readonly ends: string[];
}

const join = (ref = "1", topic = "room:a") => [ref, ref, topic, "phx_join", {}];
const said = (n: number) => [null, null, "room:a", "said", { n }];

/** Starts a node of a cluster, with rooms. */
async function node(pubsub: PubSub, options: EndpointOptions = {}): Promise<Node> {
  // Not the time of a poll, whose timers some tests count.
  const cast = await serveEndpoint({ pubsub, connectTimeoutMs: 9_000, ...options });
  const ends: string[] = [];
  cast.endpoint.channel("room:*", {
    join: () => {},
    handleIn: (_event, payload) => ({ ok: payload as object }),
    terminate: (reason, { topic }) => void ends.push(`${topic} ${reason}`),
  });
  return { ...cast, ends };
}

/** Two nodes, and a client that has joined a room on the first. */
async function pair(bus: PubSub = memoryPubSub(), options: EndpointOptions = {}) {
  const [tokyo, paris] = [await node(bus, options), await node(bus, options)];
  const alice = await new PollClient(tokyo.port).open();
  await alice.send(join());
  await alice.take(1);
  return { tokyo, paris, alice, away: alice.at(paris.port) };
}

/** A pub/sub whose messages a test counts, changes or drops. */
function observed(change: (bytes: Uint8Array, kind: string) => Uint8Array[] = (bytes) => [bytes]) {
  const bus = memoryPubSub();
  const kinds: string[] = [];
  const publish: PubSub["publish"] = async (topic, bytes) => {
    if (!topic.includes(":lp")) return bus.publish(topic, bytes);
    const header = Buffer.from(bytes).subarray(5, 5 + Buffer.from(bytes).readUInt32BE(1));
    const { kind } = JSON.parse(header.toString()) as { kind: string };
    kinds.push(kind);
    for (const each of change(bytes, kind)) await bus.publish(topic, each);
  };
  return { pubsub: { ...bus, publish }, kinds };
}

/** Counts the timers of a clock. By default, time stands still. */
function countingClock<C extends Clock = ManualClock>(clock: C = manualClock() as never) {
  const timers: number[] = [];
  const counting: Clock = {
    ...clock,
    setTimer(callback, delayMs, ...rest) {
      timers.push(delayMs);
      return clock.setTimer(callback, delayMs, ...rest);
    },
  };
  const waits = (ms: number, count = 1) =>
    waitUntil(
      () => timers.filter((timer) => timer === ms).length >= count,
      () => `${count} timers of ${ms} ms; there are ${timers}`,
    );
  return { clock: counting, base: clock, timers, waits };
}

describe("a client whose requests land on another node than its session", () => {
  it("sends and gets its messages there", async () => {
    const { tokyo, alice, away } = await pair();
    expect(await away.send(["1", "2", "room:a", "echo", { n: 1 }])).toMatchObject({ status: 200 });
    expect(await away.poll()).toMatchObject({
      status: 200,
      token: alice.token,
      messages: [reply("1", "2", "room:a", { n: 1 })],
    });
    const poll = hang(away);
    tokyo.endpoint.broadcast("room:a", "said", { n: 1 });
    expect((await poll.answer).messages).toEqual([said(1)]);
    expect(tokyo.endpoint.socketCount).toBe(1);
  });

  it("sends and gets messages that are larger than the pub/sub carries", async () => {
    const { away } = await pair({ ...memoryPubSub(), maxMessageBytes: 2_560 });
    const text = "å".repeat(20_000);
    expect(await away.send(["1", "2", "room:a", "echo", { text }])).toMatchObject({ status: 200 });
    expect(await away.take(1)).toEqual([reply("1", "2", "room:a", { text })]);
  });

  it("gets each message once when the pub/sub delivers messages twice, and in another order", async () => {
    let held: Uint8Array | undefined;
    const { pubsub } = observed((bytes, kind) => {
      if (kind !== "taken") return [bytes, bytes];
      // Swaps what says that a request has arrived with what comes next.
      const sent = held === undefined ? [] : [held];
      held = bytes;
      return sent;
    });
    const { tokyo, away } = await pair(pubsub);
    await away.send(["1", "2", "room:a", "echo", { n: 1 }], ["1", "3", "room:a", "echo", { n: 2 }]);
    expect(await away.take(2)).toEqual([
      reply("1", "2", "room:a", { n: 1 }),
      reply("1", "3", "room:a", { n: 2 }),
    ]);
    const poll = hang(away);
    tokyo.endpoint.broadcast("room:a", "said", { n: 1 });
    expect((await poll.answer).messages).toEqual([said(1)]);
    expect(tokyo.endpoint.socketCount).toBe(1);
  });

  it("gets 204 for a poll when it polls elsewhere, and its messages there", async () => {
    const { clock, waits, timers } = countingClock(systemClock);
    const { tokyo, alice, away } = await pair(memoryPubSub(), { clock });
    for (const [first, second] of [
      [alice, away],
      [away, alice],
      [away, away],
    ] as const) {
      const before = timers.filter((ms) => ms === 10_000).length;
      const old = hang(first);
      await waits(10_000, before + 1);
      const young = hang(second);
      expect(await old.answer).toMatchObject({ status: 204 });
      tokyo.endpoint.broadcast("room:a", "said", { n: 1 });
      expect((await young.answer).messages).toEqual([said(1)]);
    }
  });

  it("loses no message when its poll is cut", async () => {
    const { pubsub, kinds } = observed();
    const { tokyo, away } = await pair(pubsub);
    const poll = hang(away);
    await waitUntil(() => kinds.includes("taken"), "the poll to wait");
    poll.cut();
    await waitUntil(() => kinds.includes("cancel"), "the poll to be cancelled");
    await nextTurn();
    tokyo.endpoint.broadcast("room:a", "said", { n: 1 });
    expect(await away.take(1)).toEqual([said(1)]);
  });

  it("gets the messages with its next poll if their answer comes when the poll has gone", async () => {
    let [isHeld, isCancelled] = [true, false];
    const held: (() => void)[] = [];
    const bus = memoryPubSub();
    const pubsub: PubSub = {
      ...bus,
      publish: (topic, bytes) => {
        const copy = Uint8Array.from(bytes);
        isCancelled ||= Buffer.from(copy).includes('"kind":"cancel"');
        const isAnswer = Buffer.from(copy).includes('"kind":"answer"');
        if (isHeld && isAnswer) held.push(() => void bus.publish(topic, copy));
        else return bus.publish(topic, bytes);
      },
    };
    const { tokyo, away } = await pair(pubsub);
    const poll = hang(away);
    await waitUntil(async () => {
      if (held.length === 0) tokyo.endpoint.broadcast("room:a", "said", { n: 1 });
      await nextTurn();
      return held.length === 1;
    }, "an answer");
    poll.cut();
    await waitUntil(() => isCancelled, "the poll to be cancelled");
    const again = hang(away);
    isHeld = false;
    held[0]!();
    const { messages = [] } = await again.answer;
    expect(messages.slice(0, 1)).toEqual([said(1)]);
  });

  it("is answered with 204 after 10 s", async () => {
    const { clock, base, waits } = countingClock();
    const { away } = await pair(memoryPubSub(), { clock });
    const poll = hang(away);
    // A body and a poll of its join, and this poll.
    await waits(10_000, 3);
    base.advance(10_000);
    expect(await poll.answer).toMatchObject({ status: 204, token: away.token });
  });

  it("gets 410 for a session that is gone, and for a poll when its session ends", async () => {
    const { tokyo, away } = await pair(memoryPubSub(), { connect: () => ({ assigns: {}, id: "users:1" }) });
    const poll = hang(away);
    await nextTurn();
    tokyo.endpoint.disconnect("users:1");
    expect(await poll.answer).toMatchObject({ status: 410 });
    expect(await away.poll()).toMatchObject({ status: 410 });
    expect(await away.send(join())).toMatchObject({ status: 410 });
  });

  it("gets 410 when it sends too much, as on its own node", async () => {
    const { away, tokyo } = await pair(memoryPubSub(), { maxFrameBytes: 100 });
    expect(await away.send(["1", "2", "room:a", "echo", { text: "x".repeat(100) }])).toMatchObject({
      status: 410,
    });
    expect(tokyo.ends).toEqual(["room:a disconnected"]);
  });
});

describe("a client that polls again and again on another node", () => {
  it("costs the pub/sub one poll in 20 ms", async () => {
    const { clock, base } = countingClock();
    const { pubsub, kinds } = observed();
    const { away } = await pair(pubsub, { clock });
    const first = hang(away);
    await waitUntil(() => kinds.includes("taken"), "the poll to wait");
    const passedOn = () => kinds.filter((kind) => kind === "poll" || kind === "cancel");
    let last = hang(away);
    expect(await first.answer).toMatchObject({ status: 204 });
    for (let count = 0; count < 20; count++) {
      const next = hang(away);
      expect(await Promise.race([last.answer, next.answer])).toMatchObject({ status: 204 });
      last = next;
    }
    expect(passedOn()).toEqual(["poll", "cancel"]);
    base.advance(20);
    await waitUntil(() => passedOn().length === 3, "the last poll to be passed on");
    expect(passedOn()).toEqual(["poll", "cancel", "poll"]);
  });
});

describe("a client that sends much on another node", () => {
  it("has its bytes passed on at the rate that it may send, apart from those of one second", async () => {
    const { clock, base, waits } = countingClock();
    const { pubsub, kinds } = observed();
    const tokyo = await node(pubsub, { clock });
    const paris = await node(pubsub, { clock, maxFrameBytes: 10_000, maxBytesPerSecond: 10_000 });
    const alice = await new PollClient(tokyo.port).open();
    await alice.send(join());
    await alice.take(1);
    const away = alice.at(paris.port);
    // A body of 8 000 bytes.
    const body = JSON.stringify(["1", "2", "room:a", "echo", {}]).padEnd(8_000);
    const passedOn = () => kinds.filter((kind) => kind === "post").length;
    // A client that sent nothing for a while may not send more at once.
    for (const [round, idleMs] of [0, 5_000].entries()) {
      base.advance(idleMs);
      const before = passedOn();
      const answers = Array.from({ length: 3 }, () => away.post(body));
      await waits(600, round + 1);
      expect(passedOn() - before).toBe(2);
      base.advance(599);
      await nextTurn();
      expect(passedOn() - before).toBe(2);
      base.advance(1);
      for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200 });
      expect(passedOn() - before).toBe(3);
    }
  });

  it("has no more than four bodies read at a time", async () => {
    const { clock, base, timers, waits } = countingClock();
    const { away } = await pair(memoryPubSub(), { clock });
    expect(await away.send(join())).toMatchObject({ status: 200 });
    const before = timers.filter((ms) => ms === 10_000).length;
    const slow = Array.from({ length: 4 }, () => away.postPart());
    await waits(10_000, before + 4);
    expect(await away.send(join())).toMatchObject({ code: 429 });
    base.advance(10_000);
    expect(await Promise.all(slow)).toEqual([408, 408, 408, 408]);
    expect(await away.send(join())).toMatchObject({ status: 200 });
  });
});

describe("a node that has gone", () => {
  it("without a word answers 410 on other nodes after 2 s", async () => {
    const { clock, base, waits, timers } = countingClock();
    const bus = memoryPubSub();
    let isDead = false;
    const mortal: PubSub = {
      ...bus,
      publish: (topic, bytes) => (isDead ? undefined : bus.publish(topic, bytes)),
    };
    const [tokyo, paris] = [await node(mortal, { clock }), await node(bus, { clock })];
    const alice = await new PollClient(tokyo.port).open();
    await new PollClient(paris.port).open();
    const away = alice.at(paris.port);
    await away.send(join());
    await alice.take(1);
    isDead = true;
    const before = timers.filter((ms) => ms === 2_000).length;
    const poll = hang(away);
    await waits(2_000, before + 1);
    const post = away.send(join());
    await waits(2_000, before + 2);
    base.advance(2_000);
    expect(await poll.answer).toMatchObject({ status: 410 });
    expect(await post).toMatchObject({ status: 410 });
  });

  it("by close() answers 410 on other nodes at once", async () => {
    const { clock } = countingClock();
    const { tokyo, paris, away } = await pair(memoryPubSub(), { clock });
    await new PollClient(paris.port).open();
    await tokyo.endpoint.close();
    expect(await away.poll()).toMatchObject({ status: 410 });
    expect(await away.send(join())).toMatchObject({ status: 410 });
  });

  it("answers the polls of other nodes' sessions with 204 when it closes", async () => {
    const { pubsub, kinds } = observed();
    const { tokyo, paris, alice, away } = await pair(pubsub);
    const poll = hang(away);
    await waitUntil(() => kinds.includes("taken"), "the poll to wait");
    await paris.endpoint.close();
    expect(await poll.answer).toMatchObject({ status: 204 });
    tokyo.endpoint.broadcast("room:a", "said", { n: 1 });
    expect(await alice.take(1)).toEqual([said(1)]);
  });
});

describe("a session whose messages may be lost between nodes", () => {
  it("ends if no receipt comes within 2 s, so that its client joins again", async () => {
    const { clock, base, waits, timers } = countingClock();
    const { pubsub, kinds } = observed((bytes, kind) => (kind === "receipt" ? [] : [bytes]));
    const { tokyo, away } = await pair(pubsub, { clock });
    const poll = hang(away);
    await waitUntil(() => kinds.includes("taken"), "the poll to wait");
    await waits(10_000, 3);
    const before = timers.filter((ms) => ms === 2_000).length;
    tokyo.endpoint.broadcast("room:a", "said", { n: 1 });
    expect((await poll.answer).messages).toEqual([said(1)]);
    await waits(2_000, before + 1);
    expect(tokyo.endpoint.socketCount).toBe(1);
    base.advance(2_000);
    expect(tokyo.endpoint.socketCount).toBe(0);
    expect(tokyo.ends).toEqual(["room:a disconnected"]);
  });
});

describe("forged tokens", () => {
  it("of a known node cost no message on the pub/sub", async () => {
    const { pubsub, kinds } = observed();
    const { paris, away } = await pair(pubsub);
    await away.send(join("2"));
    kinds.length = 0;
    const [node, session, signature] = away.token.split(".").slice(1);
    for (const forged of [
      `rollcall.${node}.${session}.${"A".repeat(43)}`,
      `rollcall.${node}.${"B".repeat(21)}.${signature}`,
    ]) {
      const eve = new PollClient(paris.port);
      eve.token = forged;
      expect(await eve.poll()).toMatchObject({ status: 410 });
      expect(await eve.send(join())).toMatchObject({ status: 410 });
    }
    expect(kinds).toEqual([]);
  });

  it("of unknown nodes cost one question in a second, however many they are", async () => {
    const { clock, base, waits } = countingClock();
    const { pubsub, kinds } = observed();
    const paris = await node(pubsub, { clock });
    await new PollClient(paris.port).open();
    base.advance(1_000);
    kinds.length = 0;
    const answers = Array.from({ length: 120 }, (_, at) => {
      const eve = new PollClient(paris.port);
      eve.token = `rollcall.${String(at).padStart(16, "x")}.${"B".repeat(21)}.${"C".repeat(43)}`;
      return eve.poll();
    });
    // Each waits for the node, at most a hundred at a time.
    let answered = 0;
    for (const answer of answers) void answer.then(() => answered++);
    await waitUntil(() => answered === 20, "the others to be answered");
    await waits(2_000, 101);
    expect(kinds).toEqual(["hello"]);
    base.advance(2_000);
    for (const { status } of await Promise.all(answers)) expect(status).toBe(410);
    expect(kinds).toEqual(["hello"]);
  });
});

describe("the nodes of a cluster", () => {
  it("find each other even if the first messages between them are lost", async () => {
    let isDeaf = true;
    const { pubsub } = observed((bytes) => (isDeaf ? [] : [bytes]));
    const [tokyo, paris] = [await node(pubsub), await node(pubsub)];
    const alice = await new PollClient(tokyo.port).open();
    await new PollClient(paris.port).open();
    isDeaf = false;
    await waitUntil(
      async () => (await alice.at(paris.port).send(join())).status === 200,
      "paris to ask for tokyo again",
    );
  });

  it("say nothing about polls as long as no client polls", async () => {
    const { pubsub, kinds } = observed();
    const tokyo = await node(pubsub);
    await tokyo.client();
    expect(kinds).toEqual([]);
  });

  it("report malformed messages, and go on", async () => {
    const bus = memoryPubSub();
    const { tokyo, away } = await pair(bus);
    for (const header of [
      "{}",
      "null",
      '{"kind":"poll","from":"x","number":1,"part":2,"parts":1}',
      "nonsense",
    ]) {
      const bytes = Buffer.from(header);
      await bus.publish("rollcall:lp", Buffer.concat([Buffer.from([1, 0, 0, 0, bytes.length]), bytes]));
    }
    await nextTurn();
    expect(tokyo.errors).toHaveLength(4);
    expect(tokyo.errors[0]![0]).toContain('Check that only endpoints publish to "rollcall:lp"');
    expect(await away.send(join("2"))).toMatchObject({ status: 200 });
  });

  it("serve their own sessions when they can't subscribe", async () => {
    const bus = memoryPubSub();
    const subscribe: PubSub["subscribe"] = (topic, listener) => {
      if (topic.includes(":lp")) return Promise.reject(new Error("no permission"));
      return bus.subscribe(topic, listener);
    };
    const tokyo = await node({ ...bus, subscribe });
    const alice = await new PollClient(tokyo.port).open();
    expect(await alice.send(join())).toMatchObject({ status: 200 });
    expect(tokyo.errors.map(([message]) => message)).toContain("no permission");
    onTestFinished(() => bus.close());
  });
});
