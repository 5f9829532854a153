import { connect, createServer } from "node:net";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { errorOf, reasonOf } from "../../src/checks/reason-of.ts";
import { OrderedEmitter } from "../../src/emitter/ordered-emitter.ts";
import { createPresence, createTracker, memoryPubSub } from "../../src/index.ts";
import { BrokerSession } from "../../src/pubsub/internal/broker-session.ts";

const refused = (address: string) =>
  Object.assign(new Error(`connect ECONNREFUSED ${address}`), { code: "ECONNREFUSED" });
const localhost = () =>
  Object.assign(aggregate([refused("::1:6379"), refused("127.0.0.1:6379")]), { code: "ECONNREFUSED" });

/** As Node throws it for a host with several addresses: without a message. */
function aggregate(errors: readonly unknown[], message = ""): Error {
  return new AggregateError(errors, message);
}

/** Anything may be thrown. No row of this table may give an empty reason. */
const thrown: readonly (readonly [what: string, thrown: unknown, reason: string])[] = [
  ["an error", new Error("it is full"), "it is full"],
  ["an error whose message ends a sentence", new Error(" it is full. "), "it is full"],
  ["an error without a message", new TypeError(), "a TypeError without a message"],
  ["an error with only spaces for a message", new Error("  \n"), "an Error without a message"],
  ["an error with only a code", Object.assign(new Error(), { code: "ECONNRESET" }), "ECONNRESET"],
  ["an error with only a cause", new Error("", { cause: new Error("no disk") }), "no disk"],
  [
    "an error with a cause",
    new Error("fetch failed", { cause: refused("::1:1") }),
    "fetch failed: connect ECONNREFUSED ::1:1",
  ],
  ["an error that repeats its cause", new Error("no: full", { cause: new Error("full") }), "no: full"],
  ["an error that is its own cause", selfCaused(), "round"],
  [
    "an error with a message that is no string",
    Object.assign(new Error("x"), { message: { a: 1 } }),
    "it threw an Error",
  ],
  [
    "the refusals of two addresses",
    localhost(),
    "connect ECONNREFUSED ::1:6379; connect ECONNREFUSED 127.0.0.1:6379",
  ],
  ["equal errors together", aggregate([new Error("no"), new Error("no")]), "no"],
  [
    "errors together, with a message",
    aggregate([new Error("no")], "All promises were rejected"),
    "All promises were rejected (no)",
  ],
  ["errors together, in each other", aggregate([aggregate([new Error("deep")]), "text"]), "deep; text"],
  ["no errors together", aggregate([]), "an AggregateError without a message"],
  [
    "many errors together",
    aggregate(Array.from({ length: 9 }, (_, at) => new Error(`no ${at}`))),
    "no 0; no 1; no 2; no 3; and 5 more",
  ],
  ["an error of another realm", runInNewContext("new Error('elsewhere')"), "elsewhere"],
  [
    "errors of another realm together",
    runInNewContext("new AggregateError([new Error('elsewhere')])"),
    "elsewhere",
  ],
  ["a string", "it is full.", "it is full"],
  ["an empty string", "", "no reason was given"],
  ["undefined", undefined, "it threw undefined"],
  ["null", null, "it threw null"],
  ["a number", 7, "it threw 7"],
  ["a symbol", Symbol("x"), "it threw a symbol"],
  ["a function", () => {}, "it threw a function"],
  ["an object", { reason: "x" }, "it threw an object"],
  ["an object without a prototype", Object.create(null), "it threw an object"],
  ["an object with a message", { message: "like an error" }, "like an error"],
  ["an object with an empty message and a status", { message: "", code: 503 }, "503"],
  ["an object that throws when it is read", unreadable(), "it threw an object"],
  ["an error as long as a book", new Error("x".repeat(10_000)), `${"x".repeat(599)}…`],
];

it.for(thrown)("gives a reason for %s", ([, value, reason]) => {
  expect(reasonOf(value)).toBe(reason);
  if (value instanceof Error) expect(errorOf(value, "A listener")).toBe(value);
  else expect(errorOf(value, "A listener").message).toMatch(/^A listener threw \S.*\.$/);
});

it("gives the addresses that Node could not connect to", async () => {
  const port = await unusedPort();
  const error = await new Promise((resolve) => {
    connect({
      port,
      host: "two.addresses",
      autoSelectFamily: true,
      lookup: (_host, _options, callback) =>
        callback(null, [
          { address: "127.0.0.1", family: 4 },
          { address: "127.0.0.2", family: 4 },
        ]),
    }).on("error", resolve);
  });
  expect(error).toMatchObject({ name: "AggregateError", message: "" });
  expect(reasonOf(error)).toBe(
    `connect ECONNREFUSED 127.0.0.1:${port}; connect ECONNREFUSED 127.0.0.2:${port}`,
  );
});

it("tells a tracker's error listener why the transport failed, whatever it threw", async () => {
  for (const [what, value, reason] of thrown) {
    const pubsub = { ...memoryPubSub(), publish: () => Promise.reject(value) };
    const tracker = await createTracker({ pubsub });
    const message = await new Promise<string>((resolve) => {
      tracker.on("error", (error) => resolve(error.message));
      tracker.track("session", "lobby", "alice");
    });
    expect(message, what).toContain(`The transport could not publish: ${reason}. Nothing is lost`);
    await tracker.close();
  }
});

it("tells the caller of a driver why the broker failed, whatever it threw", async () => {
  for (const [what, value, reason] of thrown) {
    const fail = () => Promise.reject(value);
    const session = new BrokerSession(
      {
        name: "The broker",
        canReceive: () => true,
        canPublish: () => true,
        subscribe: fail,
        unsubscribe: fail,
        publish: fail,
      },
      1_000,
    );
    const pubsub = session.pubSub(() => {});
    const errors = [
      await messageOf(pubsub.publish("lobby", new Uint8Array())),
      await messageOf(pubsub.subscribe("lobby", () => {})),
    ];
    expect(errors, what).toEqual([
      `The broker did not accept a message: ${reason}.`,
      `The broker did not subscribe to lobby: ${reason}.`,
    ]);
    await pubsub.close();
  }
});

it("tells the reader of a presence why fetch failed, whatever it threw", async () => {
  for (const [what, value] of thrown) {
    const presence = await createPresence({ pubsub: memoryPubSub(), fetch: () => Promise.reject(value) });
    presence.track("session", "lobby", "alice");
    await expect(presence.list("lobby"), what).rejects.toMatchObject({
      message: expect.stringMatching(/readers get nothing: \S.*\.$/),
    });
    await presence.close();
  }
});

it("turns whatever a listener throws into an error event", () => {
  for (const [what, value] of thrown) {
    const emitter = new OrderedEmitter<{ news: []; error: [error: Error] }>({ news: true, error: true });
    const errors: Error[] = [];
    emitter.on("error", (error) => errors.push(error));
    emitter.on("news", () => {
      throw value;
    });
    emitter.enqueue("news", () => []);
    emitter.flush();
    expect(errors, what).toHaveLength(1);
    if (!(value instanceof Error)) expect(errors[0]!.message, what).toMatch(/^A listener threw \S/);
  }
});

async function messageOf(rejecting: Promise<void> | void): Promise<string> {
  try {
    await rejecting;
    return "it did not reject";
  } catch (error) {
    return (error as Error).message;
  }
}

function selfCaused(): Error {
  const error = new Error("round");
  error.cause = error;
  return error;
}

function unreadable(): object {
  return new Proxy(
    {},
    {
      get() {
        throw new Error("not readable");
      },
    },
  );
}

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
