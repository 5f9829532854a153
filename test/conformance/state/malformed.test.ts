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

describe("what is no well-formed trace fails, and says where", () => {
  it("passes when it is one", async () => {
    expect(await failureOf(trace)).toBeUndefined();
  });

  for (const { what, line, says } of [
    { what: "no JSON", line: '{"kind":', says: "not JSON" },
    { what: "a list", line: [], says: "trace should be an object, and is []" },
    { what: "null", line: "null", says: "trace should be an object, and is null" },
    { what: "no kind", line: {}, says: "trace.kind should be a string, and is nothing" },
    { what: "another kind", line: { kind: "weather" }, says: 'trace.kind is "weather", which is unknown' },
    { what: "no steps", line: { ...trace, steps: undefined }, says: "trace.steps should be a list" },
    { what: "a check we don't know", line: { ...trace, check: ["close"] }, says: "trace.check[0]" },
    {
      what: "a replica twice",
      line: { ...trace, replicas: ["tokyo", "tokyo", "paris"] },
      says: "runs already",
    },
    {
      what: "a stranger in its setup",
      line: { ...trace, replicas: ["tokyo"] },
      says: "trace.setup.replica_up",
    },
  ]) {
    it(`a line that holds ${what}`, async () => {
      const failure = await failureOf(line);
      expect(failure).toMatch(/^altered\.jsonl:1: /);
      expect(failure).toContain(says);
    });
  }

  const transfer = { op: "transfer", replica: "tokyo", for: "b", as: "m1", clocks: { tokyo: 0 } };
  for (const { what, step, says } of [
    { what: "no op", step: {}, says: "trace.steps[1].op" },
    { what: "an op we don't know", step: { op: "constructor", replica: "tokyo" }, says: "trace.steps[1].op" },
    { what: "no tag", step: { ...join, expect: {} }, says: "trace.steps[1].expect.tag should be a pair" },
    { what: "a meta that is no object", step: { ...join, meta: 1 }, says: "trace.steps[1].meta" },
    { what: "a clock that is none", step: { ...transfer, clocks: { tokyo: -1 } }, says: "clocks.tokyo" },
    {
      what: "a value that its delta has not seen",
      step: { ...transfer, expect: { kind: "delta", content: { clouds: {}, values: [alice] } } },
      says: "trace.steps[1].expect.content.clouds",
    },
    {
      what: "a message that nobody sent",
      step: { op: "merge", replica: "paris", message: "m7", expect: { joins: [], leaves: [] } },
      says: "step 1 (merge at paris): the trace does not fit together: no message m7 was sent before",
    },
    {
      what: "a replica that is not running",
      step: { op: "stop", replica: "oslo" },
      says: "step 1 (stop at oslo): the trace does not fit together: no replica oslo is running",
    },
  ]) {
    it(`a step with ${what}`, async () => {
      expect(await failureOf({ ...trace, steps: [join, step] })).toContain(says);
    });
  }
});
