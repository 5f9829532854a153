import { equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { type Figure, ratios } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { joinAll, leaveAll, PersonStream } from "./person-stream.ts";
import { decodePush, encodePush, PARIS, TOKYO } from "./push-bytes.ts";
import { Random } from "./random.ts";

const STANDING = 100_000;
/** Tokyo remembers 4 096 leaves: of the last it can't tell who left, only who stands. */
const GAPS = [10, 1_000, 50_000];
const USUAL_GAP = 1_000;

/** Paris has everything, misses changes at Tokyo, half of them joins and half leaves, and is told; from set to set, by way of bytes. */
export function missedChanges({ runs }: Effort): Figure[] {
  return GAPS.flatMap((gap): Figure[] => {
    const tokyo = busy();
    const measured = rounds(runs, () => miss(gap, tokyo));
    const work = `${grouped(gap)} missed changes of 100 000`;
    const figures: Figure[] = [
      { work: `${work}: asked for, sent and merged`, unit: "ms", samples: measured.ms },
      { work: "… bytes", unit: "B", samples: measured.bytes },
    ];
    if (gap !== USUAL_GAP) return figures;
    const { everythingMs, everythingBytes } = measured;
    return [
      ...figures,
      {
        work: "… everything, to that: ms",
        unit: "×",
        samples: ratios(everythingMs, measured.ms),
        floor: "everything to 1 000, ms",
      },
      {
        work: "… everything, to that: bytes",
        unit: "×",
        samples: ratios(everythingBytes, measured.bytes),
        floor: "everything to 1 000, bytes",
      },
    ];
  });
}

/** A set in which for every presence that stands one has left long before, and what makes it change. */
function busy(): { set: PresenceSet; change: (count: number) => void } {
  const set = new PresenceSet({ replica: TOKYO.id });
  const crowd = new PersonStream();
  const random = new Random(1);
  const everybody = crowd.take(2 * STANDING);
  joinAll(set, everybody);
  let standing = random.shuffle(everybody);
  leaveAll(set, standing.splice(STANDING));
  return {
    set,
    change(count) {
      leaveAll(set, standing.splice(0, count / 2));
      const comers = crowd.take(count / 2);
      joinAll(set, comers);
      standing = random.shuffle([...standing, ...comers]);
      // Long since published.
      set.takeOperations();
    },
  };
}

function miss(gap: number, { set: tokyo, change }: ReturnType<typeof busy>) {
  const paris = new PresenceSet({ replica: PARIS.id });
  paris.show(TOKYO.id);
  const everything = tell(tokyo, paris);
  change(gap);
  const { ms, bytes } = tell(tokyo, paris);
  return { ms, bytes, everythingMs: everything.ms, everythingBytes: everything.bytes };
}

/** All that the other lacks. */
function tell(tokyo: PresenceSet, paris: PresenceSet): { ms: number; bytes: number } {
  const [bytes, ms] = time(() => {
    const push = encodePush(tokyo.catchUp(TOKYO.id, paris.seenOf(TOKYO.id))!);
    paris.merge(decodePush(push));
    return push.length;
  });
  equal(paris.digestOf(TOKYO.id), tokyo.digestOf(TOKYO.id));
  equal(paris.sizeOf(TOKYO.id), STANDING);
  return { ms, bytes };
}
