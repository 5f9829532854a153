import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  AlreadyTrackedError,
  createPresence,
  LimitError,
  type Meta,
  type MetaSchema,
  memoryPubSub,
  NotTrackedError,
} from "../../src/index.ts";
import { forLog } from "../../src/log-message.ts";
import { ErrorReporter } from "../../src/phoenix/error-reporter.ts";
import {
  type ChannelSocket,
  type ErrorOrigin,
  type HandleResult,
  UnhandledEventError,
} from "../../src/phoenix/index.ts";
import { manualClock } from "../../src/testing/index.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

function watch() {
  const clock = manualClock();
  const calls: (readonly [message: string, where: ErrorOrigin])[] = [];
  const reporter = new ErrorReporter(clock, (error, where) => calls.push([error.message, where]));
  return { clock, calls, reporter };
}

const limitError = (limit: string) => new LimitError("too much", { limit, given: 2, allowed: 1 });

describe("the errors of an endpoint", () => {
  it("reach onError ten times in ten seconds, and then once more with the number of those left out", () => {
    const { clock, calls, reporter } = watch();
    for (let number = 1; number <= 1_000; number++)
      reporter.report(new Error(`${number}`), { during: "handleIn", topic: "room:a" });
    expect(calls.map(([message]) => message)).toEqual(Array.from({ length: 10 }, (_, at) => `${at + 1}`));
    clock.advance(9_999);
    expect(calls).toHaveLength(10);
    clock.advance(1);
    expect(calls.slice(10)).toEqual([["1000", { during: "handleIn", topic: "room:a", suppressed: 989 }]]);
  });

  it("reach onError once in ten seconds while a flood goes on, and as usual after it", () => {
    const { clock, calls, reporter } = watch();
    for (let second = 0; second < 60; second++) {
      for (let count = 0; count < 100; count++) reporter.report(new Error("boom"), { during: "join" });
      clock.advance(1_000);
    }
    expect(calls).toHaveLength(10 + 6);
    clock.advance(20_000);
    expect(calls).toHaveLength(10 + 6);
    for (let count = 0; count < 3; count++) reporter.report(new Error("calm"), { during: "join" });
    expect(calls.slice(-3)).toEqual(Array(3).fill(["calm", { during: "join" }]));
  });

  it("are limited by kind: a flood of one kind hides no other", () => {
    const { calls, reporter } = watch();
    for (let count = 0; count < 100; count++)
      reporter.report(limitError("maxPerKey"), { during: "handleIn" });
    reporter.report(limitError("maxPerTopic"), { during: "handleIn" });
    reporter.report(new TypeError("a bug"), { during: "handleIn" });
    reporter.report("a string", { during: "handleIn" });
    reporter.report(limitError("maxPerKey"), { during: "afterJoin" });
    expect(calls.slice(10).map(([message]) => message)).toEqual([
      ...["too much", "a bug", 'A handler threw "a string".', "too much"],
    ]);
  });

  it("take no memory by their names: beyond a hundred kinds they count by what was running", () => {
    const { calls, reporter } = watch();
    for (let number = 0; number < 10_000; number++) {
      const error = Object.assign(new Error("made up"), { name: `Error${number}` });
      reporter.report(error, { during: "handleIn" });
    }
    expect(calls).toHaveLength(100 + 10);
    reporter.report(new Error("another place"), { during: "join" });
    expect(calls).toHaveLength(111);
  });

  it("are all counted, whenever they come", () => {
    const steps = fc.array(
      fc.record({
        during: fc.constantFrom("join" as const, "handleIn" as const),
        count: fc.nat(30),
        pauseMs: fc.constantFrom(0, 1, 5_000, 10_000, 25_000),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(steps, (steps) => {
        const { clock, calls, reporter } = watch();
        const given = { join: 0, handleIn: 0 };
        for (const { during, count, pauseMs } of steps) {
          for (let number = 0; number < count; number++) reporter.report(new Error("boom"), { during });
          given[during] += count;
          clock.advance(pauseMs);
        }
        reporter.flush();
        const counted = { join: 0, handleIn: 0 };
        for (const [, { during, suppressed = 0 }] of calls) counted[during as "join"] += 1 + suppressed;
        expect(counted).toEqual(given);
        const ms = steps.reduce((sum, { pauseMs }) => sum + pauseMs, 0);
        expect(calls.length).toBeLessThanOrEqual(2 * (10 + 11 * Math.ceil(ms / 10_000) + 1));
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("do not end the process if onError throws or rejects", async () => {
    const warnings: unknown[] = [];
    const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation((warning) => {
      warnings.push(warning);
    });
    const clock = manualClock();
    const failures = [new Error("thrown"), new Error("rejected")];
    new ErrorReporter(clock, () => {
      throw failures[0];
    }).report(new Error("boom"), { during: "join" });
    new ErrorReporter(clock, () => Promise.reject(failures[1])).report(new Error("boom"), { during: "join" });
    await Promise.resolve();
    await Promise.resolve();
    emitWarning.mockRestore();
    expect(warnings).toEqual(failures);
  });

  it("that a client causes do not fill a log: of 1 000 crashes onError hears eleven times", async () => {
    const clock = manualClock();
    const { endpoint, client, errors } = await serveEndpoint({
      clock,
      maxMessagesPerSecond: 100_000,
      maxJoinsPerSecond: 100_000,
    });
    const join = (): never => {
      throw new Error("no database");
    };
    endpoint.channel("room:*", { join });
    const mallory = await client();
    for (let count = 0; count < 1_000; count++) mallory.send(["1", "1", "room:a", "phx_join", {}]);
    await mallory.settle();
    expect(errors).toHaveLength(10);
    await endpoint.close({ timeoutMs: 0 });
    expect(errors.slice(10)).toEqual([["no database", { during: "join", topic: "room:a", suppressed: 989 }]]);
  });
});

/** What a client sends where a server may show it. */
const SECRET = "s3cret of alice";

describe("the errors that a client causes", () => {
  it("show neither its keys nor its topics, events and payloads: not in their messages, stacks or causes", async () => {
    const presence = await createPresence({
      pubsub: memoryPubSub(),
      meta: {
        "~standard": {
          version: 1,
          vendor: "strict",
          validate: (value) => ({ issues: [{ message: `got ${JSON.stringify(value)}`, path: [SECRET] }] }),
        },
      } as MetaSchema<Meta, Meta>,
    });
    const plain = await createPresence({ pubsub: memoryPubSub() });
    const shown: string[] = [];
    const { endpoint, client } = await serveEndpoint({
      maxMessagesPerSecond: 1_000,
      onError: (error) => shown.push(inspect(error, { depth: 20 })),
    });
    const nested = JSON.parse(`${`{"${SECRET}":`.repeat(200)}1${"}".repeat(200)}`) as Meta;
    const mistakes: { readonly [event: string]: (socket: ChannelSocket, payload: string) => unknown } = {
      untracked: (socket, key) => plain.update(socket, key, key, {}),
      tracked: (socket, key) => [1, 2].map(() => plain.track(socket, key, key)),
      schema: (socket, key) => presence.track(socket, "lobby", key, { name: key }),
      nested: (socket, key) => plain.track(socket, "lobby", key, nested),
      long: (socket, key) => plain.track(socket, "lobby", key.repeat(100)),
      pushed: (socket, payload) => socket.push("said", payload as never),
      unsendable: (socket, payload) => socket.push("said", { [payload]: 1n }),
      returned: (_socket, payload) => payload,
      replied: (_socket, payload) => ({ ok: payload }),
      wrapped: (socket, key) => {
        try {
          plain.update(socket, key, key, {});
        } catch (cause) {
          throw new AggregateError([cause], "several updates failed", { cause });
        }
      },
    };
    endpoint.channel("room:*", {
      join: () => {},
      handleIn(event, payload, socket) {
        const mistake = mistakes[event];
        if (mistake === undefined) throw new UnhandledEventError(event);
        return mistake(socket, payload as string) as HandleResult;
      },
    });
    const mallory = await client();
    const events = [...Object.keys(mistakes), SECRET];
    for (const [index, event] of events.entries()) {
      const topic = `room:${SECRET} ${index}`;
      mallory.send(["1", "1", topic, "phx_join", SECRET], ["1", "2", topic, event, SECRET]);
    }
    mallory.send(["1", "1", `unmatched ${SECRET}`, SECRET, SECRET]);
    await mallory.settle();
    // And the topic that no channel matches.
    expect(shown).toHaveLength(events.length + 1);
    expect(shown.filter((text) => text.includes("s3cret"))).toEqual([]);
    // They still say what is wrong.
    expect(shown.join("\n")).toMatch(/This owner does not hold this key in this topic.*Track it first/);
    expect(shown.join("\n")).toMatch(/meta does not fit its schema \(strict\): 1 issue/);
  });

  it("tell their names to code that asks", () => {
    const caught = (call: () => unknown): object => {
      try {
        return call() as object;
      } catch (error) {
        return error as object;
      }
    };
    const errors = [
      new NotTrackedError("lobby", "alice"),
      new AlreadyTrackedError("lobby", "alice"),
      new UnhandledEventError("say"),
    ];
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('holds no key "alice" in topic "lobby"'),
      expect.stringContaining('already holds key "alice" in topic "lobby"'),
      expect.stringContaining('does not handle the event "say"'),
    ]);
    for (const error of errors) forLog(error);
    expect(errors.map(({ message }) => message).join()).not.toMatch(/alice|lobby|say"/);
    const [untracked, tracked, unhandled] = errors as [
      NotTrackedError,
      AlreadyTrackedError,
      UnhandledEventError,
    ];
    expect([untracked.topic, untracked.key, tracked.topic, tracked.key, unhandled.event]).toEqual([
      ...["lobby", "alice", "lobby", "alice", "say"],
    ]);
    const frozen = Object.freeze(new NotTrackedError("lobby", "alice"));
    expect(caught(() => forLog(frozen))).toBe(frozen);
  });
});
