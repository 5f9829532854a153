import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Intervals, PresenceSet } from "../../src/crdt/index.ts";
import type { Meta } from "../../src/payload.ts";
import { encode } from "../../src/wire/index.ts";
import { mustDecode } from "../support/message-arbitraries.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

const sender = { name: "tokyo", id: "tokyo", startedAt: 1 };

/** Tokyo, and paris, which has received everything that tokyo flushed. */
function tokyoAndParis() {
  const tokyo = new PresenceSet({ replica: "tokyo" });
  const paris = new PresenceSet({ replica: "paris" });
  paris.show("tokyo");
  let counter = 0;
  const flush = (maxMessageBytes?: number): Uint8Array[] => {
    const delta = { type: "delta", seen: tokyo.seenOf("tokyo"), operations: tokyo.takeOperations() } as const;
    const messages = encode(delta, { sender, counter }, maxMessageBytes);
    counter += messages.length;
    return messages;
  };
  const receive = (messages: readonly Uint8Array[]): string[] =>
    messages.map((bytes) => {
      const message = mustDecode(bytes);
      assert(message.type === "delta");
      const { joins, leaves } = paris.merge(message.fragment);
      const text = (sign: string) => (record: { key: string; meta: Meta }) =>
        `${sign}${record.key} ${record.meta["n"]}`;
      return [...joins.map(text("+")).sort(), ...leaves.map(text("-")).sort()].join(", ");
    });
  return { tokyo, paris, flush, receive };
}

describe("the last update of a presence that ends before it was sent", () => {
  it("reaches other nodes as an update, and then a leave", () => {
    const { tokyo, paris, flush, receive } = tokyoAndParis();
    tokyo.join(1, "lobby", "alice", { n: 1 });
    receive(flush());
    tokyo.update(1, "lobby", "alice", { n: 2 });
    tokyo.update(1, "lobby", "alice", { n: 3 });
    tokyo.leaveAll(1);
    expect(receive(flush())).toEqual(["+alice 3, -alice 1", "-alice 3"]);
    expect(paris.seenOf("tokyo").equals(tokyo.seenOf("tokyo"))).toBe(true);
    expect(paris.digestOf("tokyo")).toBe(tokyo.digestOf("tokyo"));
  });

  it("takes two messages for any number of presences, with the ordinary changes in the first", () => {
    const { tokyo, flush, receive } = tokyoAndParis();
    const keys = ["alice", "bob", "carol", "dave"];
    for (const [at, key] of keys.entries()) tokyo.join(at, "lobby", key, { n: 1 });
    receive(flush());
    for (const [at, key] of keys.slice(0, 2).entries()) {
      tokyo.update(at, "lobby", key, { n: 2 });
      tokyo.leaveAll(at);
    }
    tokyo.leaveAll(2);
    tokyo.update(3, "lobby", "dave", { n: 2 });
    expect(receive(flush())).toEqual([
      "+alice 2, +bob 2, +dave 2, -alice 1, -bob 1, -carol 1, -dave 1",
      "-alice 2, -bob 2",
    ]);
  });

  it("costs nothing when there is no such update: a leave is one message as before", () => {
    const { tokyo, flush, receive } = tokyoAndParis();
    tokyo.join(1, "lobby", "alice", { n: 1 });
    receive(flush());
    tokyo.leaveAll(1);
    const leave = flush();
    expect(leave).toHaveLength(1);
    // Envelope, tag and distance of the leave, end, seen, end, no handover, seal.
    expect(leave[0]).toHaveLength(4 + 1 + 6 + 1 + 1 + 2 + 1 + 2 + 1 + 1 + 5);
    receive(leave);
    tokyo.join(2, "lobby", "bob", { n: 1 });
    tokyo.update(2, "lobby", "bob", { n: 2 });
    tokyo.leaveAll(2);
    expect(receive(flush())).toEqual([""]);
  });

  it("changes neither the result for any order, loss and repetition of the messages, nor that of a catch-up", () => {
    const action = fc.tuple(fc.constantFrom("join", "update", "leave", "flush"), fc.nat(3));
    const actions = fc.array(action, { minLength: 4, maxLength: 40, size: "max" });
    const order = fc.infiniteStream(fc.nat());
    fc.assert(
      fc.property(actions, order, fc.constantFrom(undefined, 2_560), (history, random, maxMessageBytes) => {
        const { tokyo, paris, flush, receive } = tokyoAndParis();
        const sent: Uint8Array[] = [];
        let n = 0;
        for (const [what, owner] of history) {
          const isTracked = tokyo.get(owner, "lobby", `user ${owner}`) !== undefined;
          if (what === "flush") sent.push(...flush(maxMessageBytes));
          else if (what === "leave") tokyo.leaveAll(owner);
          else if (what === "update" && isTracked) tokyo.update(owner, "lobby", `user ${owner}`, { n: ++n });
          else if (what === "join" && !isTracked) tokyo.join(owner, "lobby", `user ${owner}`, { n: ++n });
        }
        sent.push(...flush(maxMessageBytes));
        const places = random.take(sent.length * 2);
        receive(Array.from(places, (place) => sent[place % sent.length]!).filter(Boolean));
        const late = new PresenceSet({ replica: "lima" });
        late.show("tokyo");
        late.merge(tokyo.catchUp("tokyo", Intervals.empty())!);
        paris.merge(tokyo.catchUp("tokyo", paris.seenOf("tokyo"))!);
        const list = (set: PresenceSet) =>
          set
            .list("lobby")
            .map(([key, meta]) => [key, meta])
            .sort();
        assert.deepEqual(list(paris), list(tokyo));
        assert.deepEqual(list(late), list(tokyo));
        assert.equal(paris.digestOf("tokyo"), tokyo.digestOf("tokyo"));
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("is seen by a peer that gets all messages in order, for every history", () => {
    const action = fc.tuple(fc.constantFrom("join", "update", "leave", "flush"), fc.nat(2));
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40, size: "max" }), (history) => {
        const { tokyo, flush, receive } = tokyoAndParis();
        const known = new Map<number, number>();
        const last = new Map<number, number>();
        const ended: string[] = [];
        const shown: string[] = [];
        let n = 0;
        const flushed = () => {
          for (const diff of receive(flush())) shown.push(...diff.split(", "));
          for (const [owner, meta] of last) known.set(owner, meta);
        };
        for (const [what, owner] of history) {
          const key = `user ${owner}`;
          if (what === "flush") flushed();
          else if (what === "leave") {
            if (known.has(owner) && last.has(owner)) ended.push(`-${key} ${last.get(owner)}`);
            tokyo.leaveAll(owner);
            last.delete(owner);
            known.delete(owner);
          } else if (last.has(owner)) {
            if (what === "update") tokyo.update(owner, "lobby", key, { n: ++n });
            last.set(owner, what === "update" ? n : last.get(owner)!);
          } else if (what === "join") {
            tokyo.join(owner, "lobby", key, { n: ++n });
            last.set(owner, n);
          }
        }
        flushed();
        for (const leave of ended) assert(shown.includes(leave), `${leave} is in ${shown}`);
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });
});
