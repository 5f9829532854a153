import { deepEqual } from "node:assert/strict";
import { type Figure, ratios } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort, Subject } from "../subject.ts";
import type { ComparedReplica } from "./compared-replica.ts";
import { rollcallSet } from "./rollcall-set.ts";

const REHEARSED = 1_000;
const REHEARSALS = 60;

interface PeerOptions<Message> {
  readonly name: string;
  readonly create: () => ComparedReplica<Message>;
  /** How many are there. */
  readonly size: number;
  /** How many come one by one, in a run. */
  readonly comers: number;
  /** Whether it tells what it has in memory, and so has nothing to encode. */
  readonly isInMemory?: boolean;
  /** Where we have to keep ahead: where the work is the same. */
  readonly ahead: readonly (keyof Took)[];
}

/** In µs: a join, an entry of everything to encode, one of it to apply, and one that comes alone to apply. And bytes an entry. */
type Took = Record<"set" | "encode" | "bulk" | "one" | "bytes", number>;

/** Ours and a peer do the same in turn, and hold the same after it. */
export function sideBySide<Message>({
  name,
  create,
  size,
  comers,
  isInMemory = false,
  ahead,
}: PeerOptions<Message>): Subject {
  return ({ runs }: Effort): Figure[] => {
    const [their, our] = [create(), rollcallSet(true)];
    rehearse(create(), create);
    rehearse(rollcallSet(true), () => rollcallSet(false));
    const theirs = play(their, create, size, comers);
    const mine = play(our, () => rollcallSet(false), size, comers);
    const took = rounds<string>(runs, () => {
      const [them, us] = [theirs(), mine()];
      deepEqual(us.names, them.names);
      return { ...prefixed("theirs", them.took), ...prefixed("ours", us.took) };
    });
    their.end();
    our.end();
    const lines = (work: string, field: keyof Took): Figure[] => {
      const [us, them] = [took[`ours ${field}`]!, took[`theirs ${field}`]!];
      const unit = field === "bytes" ? "B" : "µs";
      return [
        { work, unit, samples: us },
        { work: `… ${name}`, unit, samples: them },
        {
          work: "… that, to ours",
          unit: "×",
          samples: ratios(them, us),
          ...(ahead.includes(field) && { floor: field }),
        },
      ];
    };
    const among = `among ${grouped(size)}`;
    return [
      ...lines(`join one ${among}`, "set"),
      ...(isInMemory
        ? []
        : [
            ...lines(`encode all of ${grouped(size)}, each`, "encode"),
            ...lines("their bytes, each", "bytes"),
          ]),
      ...lines("apply them in bulk, each", "bulk"),
      ...lines(`apply one ${among}`, "one"),
    ];
  };
}

/** The code itself has to be compiled: so much that one round is not enough. */
function rehearse<Message>(source: ComparedReplica<Message>, receiver: () => ComparedReplica<Message>): void {
  const turn = play(source, receiver, REHEARSED, REHEARSED / 10);
  for (let turns = 0; turns < REHEARSALS; turns++) turn();
  source.end();
}

/** One that fills its state now, and plays a round whenever it is told. Returns what that took, and what the other end holds then. */
function play<Message>(
  source: ComparedReplica<Message>,
  receiver: () => ComparedReplica<Message>,
  size: number,
  comers: number,
) {
  let count = 0;
  const come = () => {
    count += 1;
    source.set(count, `user${count}`);
  };
  while (count < size) come();
  source.takeUpdates();
  return (): { took: Took; names: string[] } => {
    const held = count;
    const [everything, encode] = time(() => source.fullState());
    const other = receiver();
    const [, bulk] = time(() => other.apply(everything));
    const [, set] = time(() => {
      for (let comer = 0; comer < comers; comer++) come();
    });
    const news = source.takeUpdates();
    const [, one] = time(() => {
      for (const message of news) other.apply(message);
    });
    const names = other.names();
    other.end();
    const bytes = everything instanceof Uint8Array ? everything.length : Number.NaN;
    const each = (ms: number, number: number) => (ms * 1_000) / number;
    return {
      took: {
        set: each(set, comers),
        encode: each(encode, held),
        bulk: each(bulk, held),
        one: each(one, comers),
        bytes: bytes / held,
      },
      names,
    };
  };
}

function prefixed(prefix: string, took: Took): Record<string, number> {
  return Object.fromEntries(Object.entries(took).map(([field, value]) => [`${prefix} ${field}`, value]));
}
