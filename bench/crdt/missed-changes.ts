import { equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { type Figure, ratios } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { joinAll, leaveAll, PersonStream } from "./person-stream.ts";
import { decodePush, encodePush, PARIS, TOKYO } from "./push-bytes.ts";
import { Random } from "./random.ts";

const PRESENT = 100_000;
/** The log of Tokyo keeps 4 096 leaves. For the largest number it must describe what is still present instead. */
const MISSED = [10, 1_000, 50_000];
const TYPICAL = 1_000;

/** Paris is up to date, misses changes of Tokyo (half joins, half leaves), and catches up: from set to set, through bytes. */
export function missedChanges({ runs }: Effort): Figure[] {
  return MISSED.flatMap((missed): Figure[] => {
    const tokyo = createSource();
    const measured = rounds(runs, () => catchUp(missed, tokyo));
    const work = `${grouped(missed)} missed changes of 100 000`;
    const figures: Figure[] = [
      { work: `${work}: request, send and merge`, unit: "ms", samples: measured.ms },
      { work: "… bytes", unit: "B", samples: measured.bytes },
    ];
    if (missed !== TYPICAL) return figures;
    const { fullStateMs, fullStateBytes } = measured;
    return [
      ...figures,
      {
        work: "… time of a full state, relative to that",
        unit: "×",
        samples: ratios(fullStateMs, measured.ms),
        floor: "full state to 1 000, ms",
      },
      {
        work: "… bytes of a full state, relative to that",
        unit: "×",
        samples: ratios(fullStateBytes, measured.bytes),
        floor: "full state to 1 000, bytes",
      },
    ];
  });
}

/** A set in which one presence has left for each that is present, and a function that makes random changes to it. */
function createSource(): { set: PresenceSet; change: (count: number) => void } {
  const set = new PresenceSet({ replica: TOKYO.id });
  const stream = new PersonStream();
  const random = new Random(1);
  const everyone = stream.take(2 * PRESENT);
  joinAll(set, everyone);
  let present = random.shuffle(everyone);
  leaveAll(set, present.splice(PRESENT));
  return {
    set,
    change(count) {
      leaveAll(set, present.splice(0, count / 2));
      const joining = stream.take(count / 2);
      joinAll(set, joining);
      present = random.shuffle([...present, ...joining]);
      // They count as published.
      set.takeOperations();
    },
  };
}

function catchUp(missed: number, { set: tokyo, change }: ReturnType<typeof createSource>) {
  const paris = new PresenceSet({ replica: PARIS.id });
  paris.show(TOKYO.id);
  const fullState = sendMissing(tokyo, paris);
  change(missed);
  const { ms, bytes } = sendMissing(tokyo, paris);
  return { ms, bytes, fullStateMs: fullState.ms, fullStateBytes: fullState.bytes };
}

/** Sends Paris all that it is missing. */
function sendMissing(tokyo: PresenceSet, paris: PresenceSet): { ms: number; bytes: number } {
  const [bytes, ms] = time(() => {
    const push = encodePush(tokyo.catchUp(TOKYO.id, paris.seenOf(TOKYO.id))!);
    paris.merge(decodePush(push));
    return push.length;
  });
  equal(paris.digestOf(TOKYO.id), tokyo.digestOf(TOKYO.id));
  equal(paris.countOfReplica(TOKYO.id), PRESENT);
  return { ms, bytes };
}
