import { describe, expect, it } from "vitest";
import { failureOf } from "./raw-state-trace.ts";

const alice = { topic: "lobby", pid: "p1", key: "alice", meta: {}, tag: ["tokyo", 1] };
const join = { ...alice, op: "join", replica: "tokyo", expect: { tag: ["tokyo", 1] } };
const trace = {
  kind: "state",
  name: "alice in Tokyo",
  check: ["exact"],
  replicas: ["tokyo", "paris"],
  setup: { replica_up: [["paris", "tokyo"]] },
  steps: [join],
};

describe("reading a state trace", () => {
  it("accepts a well-formed one", async () => {
    expect(await failureOf(trace)).toBeUndefined();
  });

  for (const { what, line, says } of [
    { what: "text that is not JSON", line: '{"kind":', says: "not JSON" },
    { what: "a list", line: [], says: "trace should be an object, but is []" },
    { what: "null", line: "null", says: "trace should be an object, but is null" },
    {
      what: "no kind",
      line: {},
      says: 'trace.kind should be "state" or "presence" or "channels", but is nothing',
    },
    {
      what: "an unknown kind",
      line: { kind: "weather" },
      says: 'trace.kind should be "state" or "presence" or "channels", but is "weather"',
    },
    { what: "no steps", line: { ...trace, steps: undefined }, says: "trace.steps should be a list" },
    { what: "an unknown check", line: { ...trace, check: ["close"] }, says: "trace.check[0]" },
    {
      what: "a replica twice",
      line: { ...trace, replicas: ["tokyo", "tokyo", "paris"] },
      says: "is already running",
    },
    {
      what: "a setup that names an unknown replica",
      line: { ...trace, replicas: ["tokyo"] },
      says: "trace.setup.replica_up",
    },
  ]) {
    it(`rejects a line with ${what}`, async () => {
      const failure = await failureOf(line);
      expect(failure).toMatch(/^corrupted\.jsonl:1: /);
      expect(failure).toContain(says);
    });
  }

  const transfer = { op: "transfer", replica: "tokyo", for: "b", as: "m1", clocks: { tokyo: 0 } };
  for (const { what, step, says } of [
    { what: "no op", step: {}, says: "trace.steps[1].op" },
    { what: "an unknown op", step: { op: "constructor", replica: "tokyo" }, says: "trace.steps[1].op" },
    { what: "no tag", step: { ...join, expect: {} }, says: "trace.steps[1].expect.tag should be a pair" },
    { what: "a meta that is not an object", step: { ...join, meta: 1 }, says: "trace.steps[1].meta" },
    { what: "a negative clock", step: { ...transfer, clocks: { tokyo: -1 } }, says: "clocks.tokyo" },
    {
      what: "a delta that does not cover its own value",
      step: { ...transfer, expect: { kind: "delta", content: { clouds: {}, values: [alice] } } },
      says: "trace.steps[1].expect.content.clouds",
    },
    {
      what: "a message that was not sent before",
      step: { op: "merge", replica: "paris", message: "m7", expect: { joins: [], leaves: [] } },
      says: "step 1 (merge at paris): the trace contradicts itself: no message m7 was sent before",
    },
    {
      what: "a replica that is not running",
      step: { op: "stop", replica: "oslo" },
      says: "step 1 (stop at oslo): the trace contradicts itself: no replica oslo is running",
    },
  ]) {
    it(`rejects a step with ${what}`, async () => {
      expect(await failureOf({ ...trace, steps: [join, step] })).toContain(says);
    });
  }
});
