import { deepEqual } from "node:assert/strict";
import { type Figure, ratios } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort, Subject } from "../subject.ts";
import type { ComparedReplica } from "./compared-replica.ts";
import { rollcallSet } from "./rollcall-set.ts";

const WARM_UP_SIZE = 1_000;
const WARM_UP_ROUNDS = 60;

interface PeerOptions<Message> {
  readonly name: string;
  readonly create: () => ComparedReplica<Message>;
  /** Entries before the first round. */
  readonly size: number;
  /** Entries that join one by one in each round. */
  readonly joins: number;
  /** Whether its messages are objects in memory, so that it has nothing to encode. */
  readonly isInMemory?: boolean;
  /** The costs at which rollcall is ahead and has a floor. */
  readonly floors: readonly (keyof EntryCost)[];
}

/** Times per entry in µs, and bytes per entry. */
interface EntryCost {
  /** Join one entry. */
  readonly set: number;
  /** Encode the full state. */
  readonly encode: number;
  /** Apply the full state. */
  readonly bulk: number;
  /** Apply one entry in a message of its own. */
  readonly one: number;
  /** Bytes of the full state. */
  readonly bytes: number;
}

/** rollcall and a peer do the same work in turn, and must hold the same names after each round. */
export function sideBySide<Message>({
  name,
  create,
  size,
  joins,
  isInMemory = false,
  floors,
}: PeerOptions<Message>): Subject {
  return ({ runs }: Effort): Figure[] => {
    const [peer, ours] = [create(), rollcallSet(true)];
    warmUp(create(), create);
    warmUp(rollcallSet(true), () => rollcallSet(false));
    const runPeer = prepareRounds(peer, create, size, joins);
    const runOurs = prepareRounds(ours, () => rollcallSet(false), size, joins);
    const costs = rounds<string>(runs, () => {
      const [theirs, mine] = [runPeer(), runOurs()];
      deepEqual(mine.names, theirs.names);
      return { ...prefixed("peer", theirs.cost), ...prefixed("ours", mine.cost) };
    });
    peer.end();
    ours.end();
    const compare = (work: string, field: keyof EntryCost): Figure[] => {
      const [mine, theirs] = [costs[`ours ${field}`]!, costs[`peer ${field}`]!];
      const unit = field === "bytes" ? "B" : "µs";
      return [
        { work, unit, samples: mine },
        { work: `… ${name}`, unit, samples: theirs },
        {
          work: "… relative to ours",
          unit: "×",
          samples: ratios(theirs, mine),
          ...(floors.includes(field) && { floor: field }),
        },
      ];
    };
    const among = `among ${grouped(size)}`;
    return [
      ...compare(`join one ${among}`, "set"),
      ...(isInMemory
        ? []
        : [
            ...compare(`encode all of ${grouped(size)}, per entry`, "encode"),
            ...compare("bytes per entry", "bytes"),
          ]),
      ...compare("apply them in bulk, per entry", "bulk"),
      ...compare(`apply one ${among}`, "one"),
    ];
  };
}

/** V8 compiles the code only after many calls, so one round is not enough. */
function warmUp<Message>(source: ComparedReplica<Message>, receiver: () => ComparedReplica<Message>): void {
  const round = prepareRounds(source, receiver, WARM_UP_SIZE, WARM_UP_SIZE / 10);
  for (let count = 0; count < WARM_UP_ROUNDS; count++) round();
  source.end();
}

/** Fills the source, and returns a function that runs a round. A round returns its costs and the names at the receiver. */
function prepareRounds<Message>(
  source: ComparedReplica<Message>,
  receiver: () => ComparedReplica<Message>,
  size: number,
  joins: number,
) {
  let count = 0;
  const join = () => {
    count += 1;
    source.set(count, `user${count}`);
  };
  while (count < size) join();
  source.takeUpdates();
  return (): { cost: EntryCost; names: string[] } => {
    const held = count;
    const [fullState, encode] = time(() => source.fullState());
    const other = receiver();
    const [, bulk] = time(() => other.apply(fullState));
    const [, set] = time(() => {
      for (let joined = 0; joined < joins; joined++) join();
    });
    const updates = source.takeUpdates();
    const [, one] = time(() => {
      for (const message of updates) other.apply(message);
    });
    const names = other.names();
    other.end();
    const bytes = fullState instanceof Uint8Array ? fullState.length : Number.NaN;
    const each = (ms: number, number: number) => (ms * 1_000) / number;
    return {
      cost: {
        set: each(set, joins),
        encode: each(encode, held),
        bulk: each(bulk, held),
        one: each(one, joins),
        bytes: bytes / held,
      },
      names,
    };
  };
}

function prefixed(prefix: string, cost: EntryCost): Record<string, number> {
  return Object.fromEntries(Object.entries(cost).map(([field, value]) => [`${prefix} ${field}`, value]));
}
