import { createHmac } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import { memoryPubSub, type PubSub } from "../../src/index.ts";
import type { EndpointDiagnostics, EndpointOptions } from "../../src/phoenix/index.ts";
import { manualClock } from "../../src/testing/index.ts";
import { ask, hang, PollClient } from "./poll-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

type Trace = EndpointDiagnostics["rollcall:connection:refused"];

const SECRET = "a secret of the cluster";
const FIRST_POLL = "/socket/longpoll?vsn=2.0.0&token=null";

/** An endpoint with rooms, and the reasons of the clients that it refused. */
async function serve(options: EndpointOptions = {}) {
  const clock = manualClock();
  const traces: Trace[] = [];
  const listen = (message: unknown): void => void traces.push(message as Trace);
  subscribe("rollcall:connection:refused", listen);
  onTestFinished(() => void unsubscribe("rollcall:connection:refused", listen));
  const cast = await serveEndpoint({ clock, ...options });
  const heard: unknown[] = [];
  cast.endpoint.channel("room:*", {
    join: () => {},
    handleIn: (_event, payload) => void heard.push(payload),
  });
  return { ...cast, clock, traces, heard };
}

type Served = Awaited<ReturnType<typeof serve>>;

const join = ["1", "1", "room:a", "phx_join", {}];
const say = (text: string) => ["1", "2", "room:a", "say", { text }];

describe("a client that polls", () => {
  it("takes one place until its session ends, and is refused with 503 or 429 over a limit", async () => {
    for (const [limit, code] of [
      ["maxConnections", 503],
      ["maxConnectionsPerAddress", 429],
    ] as const) {
      const { endpoint, port, clock, traces, errors } = await serve({
        connect: () => ({ assigns: {}, id: "users:1" }),
        [limit]: 1,
      });
      const alice = await new PollClient(port).open();
      await alice.send(join);
      await alice.take(1);
      expect(await ask(port, FIRST_POLL)).toMatchObject({ code });
      expect(traces).toMatchObject([{ reason: limit, status: code }]);
      expect(errors).toHaveLength(1);
      endpoint.disconnect("users:1");
      const bob = await new PollClient(port).open();
      expect(await ask(port, FIRST_POLL)).toMatchObject({ code });
      // bob does not poll.
      for (let second = 0; second < 17; second++) {
        clock.advance(1_000);
        for (let turn = 0; turn < 3; turn++) await nextTurn();
      }
      expect(await bob.send(join)).toMatchObject({ status: 410 });
      await new PollClient(port).open();
      expect(endpoint.socketCount).toBe(1);
    }
  });

  it("leaves no place taken when it is refused, or goes while connect decides", async () => {
    let connect: NonNullable<EndpointOptions["connect"]> = () => false;
    const { port } = await serve({ maxConnections: 1, connect: (...given) => connect(...given) });
    for (let round = 0; round < 3; round++)
      expect(await ask(port, FIRST_POLL)).toMatchObject({ status: 403 });
    let isWaiting = false;
    connect = () => {
      isWaiting = true;
      return new Promise(() => {});
    };
    const gone = hang(new PollClient(port));
    await waitUntil(() => isWaiting, "connect to run");
    connect = () => ({ assigns: {} });
    expect(await ask(port, FIRST_POLL)).toMatchObject({ code: 503 });
    gone.cut();
    await waitUntil(async () => (await ask(port, FIRST_POLL)).status === 410, "the place to be free");
  });

  it("gets 503 after connectTimeoutMs, which is reported once, and a late result is dropped", async () => {
    let accept = (): void => {};
    const { endpoint, port, clock, traces, errors } = await serve({
      connectTimeoutMs: 3_000,
      connect: () => new Promise((resolve) => (accept = () => resolve({ assigns: {} }))),
    });
    const before = accept;
    const answer = ask(port, FIRST_POLL);
    await waitUntil(() => accept !== before, "connect to run");
    clock.advance(3_000);
    expect(await answer).toMatchObject({ code: 503 });
    accept();
    await nextTurn();
    expect(endpoint.socketCount).toBe(0);
    expect(traces).toMatchObject([{ reason: "timeout", status: 503, during: "connect" }]);
    expect(errors).toHaveLength(1);
  });

  it("is refused if its id is disconnected while connect runs", async () => {
    let accept = (): void => {};
    const { endpoint, port, traces } = await serve({
      connect: () => new Promise((resolve) => (accept = () => resolve({ assigns: {}, id: "users:1" }))),
    });
    const before = accept;
    const answer = ask(port, FIRST_POLL);
    await waitUntil(() => accept !== before, "connect to run");
    endpoint.disconnect("users:1");
    accept();
    expect(await answer).toMatchObject({ status: 403 });
    expect(traces).toMatchObject([{ reason: "disconnected", status: 403 }]);
    expect(endpoint.socketCount).toBe(0);
  });

  it("is reported once for an unknown vsn, a foreign origin, and malformed params", async () => {
    const { port, traces, errors } = await serve({ checkOrigin: ["//example.com"] });
    expect(await ask(port, "/socket/longpoll?vsn=9.0.0&token=null")).toMatchObject({ status: 403 });
    const headers = { origin: "https://evil.example" };
    expect(await ask(port, FIRST_POLL, { headers })).toMatchObject({ status: 403 });
    expect(await ask(port, "/socket/longpoll?vsn=%zz")).toMatchObject({ code: 400 });
    expect(traces.map(({ reason }) => reason)).toEqual(["version", "origin", "malformed"]);
    expect(errors).toHaveLength(3);
  });

  it("gets 503 for a poll whose checkOrigin takes longer than connectTimeoutMs", async () => {
    let isSlow = false;
    const { port, clock, traces } = await serve({
      connectTimeoutMs: 3_000,
      checkOrigin: () => {
        if (!isSlow) return true;
        setImmediate(() => clock.advance(3_000));
        return new Promise<boolean>(() => {});
      },
    });
    const alice = new PollClient(port);
    const headers = { origin: "https://example.com" };
    alice.token = (await alice.poll({ headers })).token!;
    isSlow = true;
    expect(await alice.poll({ headers })).toMatchObject({ code: 503 });
    expect(traces).toMatchObject([{ reason: "timeout", during: "checkOrigin" }]);
  });

  it("finds its path whatever empty segments it has, and the last of two params counts", async () => {
    const seen: (string | null)[] = [];
    const { port } = await serve({
      connect: (params) => {
        seen.push(params.get("user"));
        return { assigns: {} };
      },
    });
    const path = "//socket///longpoll/?vsn=9&vsn=2.0.0&user=eve&user=alice&token=null";
    expect(await ask(port, path)).toMatchObject({ status: 410 });
    expect(seen).toEqual(["alice"]);
  });

  it("above maxBytesPerSecond is answered when the rate allows more, and loses nothing", async () => {
    const { port, clock, heard } = await serve({ maxFrameBytes: 10_000, maxBytesPerSecond: 10_000 });
    const alice = await new PollClient(port).open();
    await alice.send(join);
    await alice.take(1);
    const text = "x".repeat(8_000);
    let isAnswered = false;
    const first = alice.send(say(text), say(text), say(text)).then((answer) => {
      isAnswered = true;
      return answer;
    });
    await waitUntil(() => heard.length === 2, "the burst of a second");
    const second = alice.send(say("last"));
    for (let turn = 0; turn < 100; turn++) await nextTurn();
    expect(heard).toHaveLength(2);
    expect(isAnswered).toBe(false);
    // The bucket refills only while the clock runs in small steps, as in a process that is not held up.
    let done = false;
    void Promise.all([first, second]).then(() => (done = true));
    await waitUntil(async () => {
      clock.advance(50);
      await nextTurn();
      return done;
    }, "the rest to be handled");
    expect(await first).toMatchObject({ status: 200 });
    expect(await second).toMatchObject({ status: 200 });
    expect(heard).toEqual([{ text }, { text }, { text }, { text: "last" }]);
  });

  it("is closed for a message that is too large, which is reported once", async () => {
    const { port, traces, errors } = await serve({ maxFrameBytes: 100 });
    const alice = await new PollClient(port).open();
    expect(await alice.send(say("x".repeat(200)))).toMatchObject({ status: 410 });
    expect(traces).toMatchObject([{ reason: "maxFrameBytes", closeCode: 1009 }]);
    expect(errors).toHaveLength(1);
  });

  it("leaves a trace of each body that is too large, too slow, or one too many", async () => {
    const ids = [undefined, "users:1"];
    for (const id of ids) {
      const { port, clock, traces, errors } = await serve({
        ...{ maxBufferedBytes: 1_000, maxFrameBytes: 600, connect: () => ({ assigns: {}, id }) },
      });
      const alice = await new PollClient(port).open();
      expect(await alice.post("x".repeat(1_001))).toMatchObject({ code: 413 });
      const slow = Array.from({ length: 4 }, () => alice.postPart());
      await waitUntil(async () => (await alice.send(join)).code === 429, "four bodies to have begun");
      clock.advance(10_000);
      expect(await Promise.all(slow)).toEqual([408, 408, 408, 408]);
      const trace = { reason: "body", during: "receive", clusterName: "rollcall", ...(id && { id }) };
      const statuses = [413, 429, 408, 408, 408, 408];
      expect(traces).toEqual(statuses.map((status) => ({ ...trace, status })));
      const where = { during: "receive", ...(id && { id }) };
      expect(errors).toEqual([
        [expect.stringContaining("a body of more than 1000 bytes"), where],
        [expect.stringContaining("too many bodies at a time"), where],
        ...Array(4).fill([expect.stringContaining("did not arrive in time"), where]),
      ]);
    }
  });

  it("leaves a trace of malformed params of a request with messages", async () => {
    const { port, traces, errors } = await serve();
    expect(await ask(port, "/socket/longpoll?vsn=%zz", { method: "POST" })).toMatchObject({ code: 400 });
    expect(traces).toMatchObject([{ reason: "malformed", status: 400, during: "upgrade" }]);
    expect(errors).toHaveLength(1);
  });

  it("begins no session while the endpoint drains, which onError does not get", async () => {
    const { endpoint, port, clock, traces, errors } = await serve();
    await new PollClient(port).open();
    await new PollClient(port).open();
    const closing = endpoint.close({ overMs: 10_000 });
    expect(await ask(port, FIRST_POLL)).toMatchObject({ code: 503 });
    expect(traces).toMatchObject([{ reason: "closing", status: 503 }]);
    expect(errors).toEqual([]);
    clock.advance(10_000);
    await closing;
  });
});

describe("a client that polls anywhere", () => {
  it("keeps its session while a secret is introduced and replaced", async () => {
    const other = "another secret of the cluster";
    const steps = [
      {},
      { secret: SECRET, acceptUnsigned: true },
      { secret: SECRET },
      { secret: [SECRET, other] },
      { secret: [other, SECRET] },
      { secret: other },
    ];
    for (const [at, next] of steps.slice(1).entries()) {
      const pubsub = memoryPubSub();
      const nodes = [await serve({ pubsub, ...steps[at] }), await serve({ pubsub, ...next })];
      for (const [home, away] of [nodes, nodes.toReversed()] as [Served, Served][]) {
        const alice = await new PollClient(home.port).open();
        expect(await alice.at(away.port).send(join, say("hello"))).toMatchObject({ status: 200 });
        expect(home.heard).toEqual([{ text: "hello" }]);
      }
    }
  });
});

describe("a stranger on the pub/sub", () => {
  /** Two nodes with a secret, a client of the first, and all that they publish about clients that poll. */
  async function cluster() {
    const bus = memoryPubSub();
    const published: { topic: string; bytes: Uint8Array }[] = [];
    const publish: PubSub["publish"] = (topic, bytes) => {
      if (topic.includes(":lp")) published.push({ topic, bytes: Uint8Array.from(bytes) });
      return bus.publish(topic, bytes);
    };
    const options = { pubsub: { ...bus, publish }, secret: SECRET };
    const [tokyo, paris] = [await serve(options), await serve(options)];
    const alice = await new PollClient(tokyo.port).open();
    await alice.send(join);
    await alice.take(1);
    const away = alice.at(paris.port);
    expect(await away.send(say("hello"))).toMatchObject({ status: 200 });
    return { bus, published, tokyo, paris, alice, away };
  }

  it("without the secret can't drive or take over a session, and is reported once", async () => {
    const { bus, tokyo, alice, away } = await cluster();
    const stranger = await serve({ pubsub: bus, secret: "the secret of a stranger" });
    const unsigned = await serve({ pubsub: bus });
    for (const { port } of [stranger, unsigned]) {
      await new PollClient(port).open();
      const eve = alice.at(port);
      const sent = eve.send(say("from eve"));
      const polled = eve.poll();
      await waitUntil(async () => {
        stranger.clock.advance(500);
        unsigned.clock.advance(500);
        await nextTurn();
        return (await Promise.race([Promise.all([sent, polled]), nextTurn()])) !== undefined;
      }, "the requests to fail");
      expect(await sent).not.toMatchObject({ status: 200 });
    }
    expect(tokyo.heard).toEqual([{ text: "hello" }]);
    const reasons = tokyo.errors.map(([message]) => message);
    expect(reasons.filter((message) => /signature|signed/.test(message)).length).toBeGreaterThanOrEqual(1);
    expect(reasons.length).toBeLessThanOrEqual(3);
    expect(await away.send(say("again"))).toMatchObject({ status: 200 });
    expect(tokyo.heard).toEqual([{ text: "hello" }, { text: "again" }]);
  });

  it("that recorded a message can't send it again, neither on its topic nor on another", async () => {
    const { bus, published, tokyo } = await cluster();
    const post = published.find(({ bytes }) => Buffer.from(bytes).includes('"kind":"post"'))!;
    await bus.publish(post.topic, post.bytes);
    await nextTurn();
    expect(tokyo.errors).toEqual([]);
    await bus.publish("rollcall:lp", post.bytes);
    await nextTurn();
    expect(tokyo.errors).toMatchObject([[expect.stringContaining("secret"), { during: "transport" }]]);
    expect(tokyo.heard).toEqual([{ text: "hello" }]);
  });

  it("that only listens can't make the token of a session", async () => {
    const { published, tokyo, paris, alice } = await cluster();
    const [node, session] = alice.token.split(".").slice(1);
    const keys = published.flatMap(({ bytes }) => [
      ...Buffer.from(bytes)
        .toString("latin1")
        .matchAll(/"key":"([\w-]+)"/g),
    ]);
    expect(keys.length).toBeGreaterThanOrEqual(2);
    for (const [, key] of keys) {
      const made = createHmac("sha256", Buffer.from(key!, "base64url")).update(`${node}.${session}`);
      const eve = new PollClient(tokyo.port);
      eve.token = `rollcall.${node}.${session}.${made.digest("base64url")}`;
      expect(await eve.send(say("from eve"))).toMatchObject({ status: 410 });
      expect(await eve.at(paris.port).send(say("from eve"))).toMatchObject({ status: 410 });
    }
    expect(tokyo.heard).toEqual([{ text: "hello" }]);
  });

  it("that damages a message drives no session", async () => {
    const { bus, published, tokyo } = await cluster();
    const post = published.find(({ bytes }) => Buffer.from(bytes).includes('"kind":"post"'))!;
    const at = Buffer.from(post.bytes).indexOf("hello");
    const renumbered = Uint8Array.from(post.bytes);
    const digit = Buffer.from(post.bytes).indexOf('"number":') + '"number":'.length;
    renumbered[digit] = 0x39;
    renumbered[at] = 0x6a;
    await bus.publish(post.topic, renumbered);
    await nextTurn();
    expect(tokyo.heard).toEqual([{ text: "hello" }]);
    expect(tokyo.errors).toHaveLength(1);
  });
});
