import fc from "fast-check";
import { type Fragment, Intervals, PresenceSet, type Step } from "../../src/crdt/index.ts";
import type { Meta } from "../../src/payload.ts";
import { tally } from "./tally.ts";
import { Truth } from "./truth.ts";

export const REPLICAS: readonly string[] = ["tokyo", "paris", "lima", "oslo"];
const EVENTS = 100;

/** One thing that happens at one replica. Where it would have no effect (nothing to leave yet), it is a join. */
export interface Event {
  readonly replica: string;
  readonly kind: "join" | "update" | "leave" | "leaveAll" | "send" | "serve";
  readonly owner: number;
  readonly topic: string;
  readonly key: string;
  readonly meta: Meta;
  /** Which of the standing presences is updated or leaves. */
  readonly pick: number;
}

/** What came of a history: the replicas, the model beside each, what they sent, in order, and served in between. */
export interface Story {
  readonly sets: ReadonlyMap<string, PresenceSet>;
  readonly truths: ReadonlyMap<string, Truth>;
  readonly deltas: readonly { readonly replica: string; readonly steps: readonly Step[] }[];
  readonly served: readonly Fragment[];
}

const metas: fc.Arbitrary<Meta> = fc.oneof(
  fc.constant({}),
  fc.record({ device: fc.constantFrom("phone", "laptop"), typing: fc.boolean() }),
  fc.record({ place: fc.record({ row: fc.nat(9), seats: fc.array(fc.nat(9), { maxLength: 2 }) }) }),
);

/** Histories of exactly 100 events on 4 replicas: without `size`, `maxLength` would yield ten. */
export function histories(meta: fc.Arbitrary<Meta> = metas): fc.Arbitrary<readonly Event[]> {
  const event = fc.record({
    replica: fc.constantFrom(...REPLICAS),
    kind: fc.oneof(
      { weight: 8, arbitrary: fc.constant("join" as const) },
      { weight: 5, arbitrary: fc.constant("update" as const) },
      { weight: 4, arbitrary: fc.constant("leave" as const) },
      { weight: 1, arbitrary: fc.constant("leaveAll" as const) },
      { weight: 4, arbitrary: fc.constant("send" as const) },
      { weight: 1, arbitrary: fc.constant("serve" as const) },
    ),
    // Most of it is one owner's: it holds more than are kept in a row.
    owner: fc.constantFrom(0, 0, 0, 1, 2),
    topic: fc.constantFrom("lobby", "__proto__", "kitchen"),
    key: fc.constantFrom("alice", "bob", "carol", "constructor"),
    meta,
    pick: fc.nat(),
  });
  return fc.array(event, { minLength: EVENTS, maxLength: EVENTS, size: "max" });
}

/** Choices to cut, order and lose messages by: one of them for each event is always enough. */
export const dice: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(), {
  minLength: EVENTS,
  maxLength: EVENTS,
  size: "max",
});

/** Plays a history at its four replicas, each of which knows only itself, with the model beside. */
export function play(history: readonly Event[], logLimit?: number): Story {
  const options = logLimit === undefined ? {} : { logLimit };
  const sets = new Map(REPLICAS.map((replica) => [replica, new PresenceSet({ replica, ...options })]));
  const truths = new Map(REPLICAS.map((replica) => [replica, new Truth(replica)]));
  const deltas: { replica: string; steps: Step[] }[] = [];
  const served: Fragment[] = [];
  const send = (replica: string) => deltas.push({ replica, steps: sets.get(replica)!.takeSteps() });
  tally.length(history.length);
  for (const event of history) {
    if (event.kind === "send") send(event.replica);
    if (event.kind === "serve")
      served.push(sets.get(event.replica)!.catchUp(event.replica, Intervals.empty())!);
    const isLocal = event.kind !== "send" && event.kind !== "serve";
    tally.event(isLocal ? happen(sets.get(event.replica)!, truths.get(event.replica)!, event) : event.kind);
  }
  for (const replica of REPLICAS) send(replica);
  return { sets, truths, deltas, served };
}

/** Returns what really happened. */
function happen(
  set: PresenceSet,
  truth: Truth,
  { kind, owner, topic, key, meta, pick }: Event,
): Event["kind"] {
  const standing = truth.standing();
  const picked = standing[pick % Math.max(1, standing.length)];
  if (picked === undefined || kind === "join") {
    const held = truth.find(owner, topic, key);
    if (held !== undefined)
      return happen(set, truth, {
        kind: "update",
        owner,
        topic,
        key,
        meta,
        pick: standing.indexOf(held),
        replica: set.replica,
      });
    set.join(owner, topic, key, meta);
    truth.join(owner, topic, key, meta);
    return "join";
  }
  if (kind === "update") {
    set.update(picked.owner, picked.topic, picked.key, meta);
    truth.update(picked, meta);
  } else if (kind === "leave") {
    set.leave(picked.owner, picked.topic, picked.key);
    truth.leave(picked);
  } else {
    set.leaveAll(picked.owner);
    for (const presence of standing.filter((one) => one.owner === picked.owner)) truth.leave(presence);
  }
  return kind;
}
