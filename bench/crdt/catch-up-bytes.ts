import { equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { atMost, type Figure } from "../figure.ts";
import { joinAll, leaveAll, PersonStream } from "./person-stream.ts";
import { decodePush, encodePush, PARIS, TOKYO } from "./push-bytes.ts";
import { Random } from "./random.ts";

const PRESENT = 100_000;
const MISSED = 1_000;

/**
 * Paris misses 1 000 changes of Tokyo: 500 joins, and 500 leaves of random presences. Tokyo can answer with the leaves
 * from its log. Lima has no log, so it must describe what is still present. Before that, one presence has left for
 * each that is present, so the live dots have gaps everywhere.
 */
export function catchUpBytes(): Figure[] {
  const tokyo = new PresenceSet({ replica: TOKYO.id });
  const lima = new PresenceSet({ replica: "lima", logLimit: 0 });
  const paris = new PresenceSet({ replica: PARIS.id });
  for (const receiver of [lima, paris]) receiver.show(TOKYO.id);

  const stream = new PersonStream();
  const everyone = stream.take(2 * PRESENT);
  joinAll(tokyo, everyone);
  const present = new Random(1).shuffle(everyone);
  leaveAll(tokyo, present.splice(PRESENT));
  const fullState = encodeMissing(tokyo, paris);
  for (const receiver of [lima, paris]) merge(receiver, fullState);

  leaveAll(tokyo, present.splice(0, MISSED / 2));
  joinAll(tokyo, stream.take(MISSED / 2));
  merge(lima, encodeMissing(tokyo, lima));
  const fromLog = encodeMissing(tokyo, paris);
  const withoutLog = encodeMissing(lima, paris);
  merge(paris, withoutLog);
  for (const receiver of [lima, paris]) equal(receiver.digestOf(TOKYO.id), tokyo.digestOf(TOKYO.id));

  const extra = (withoutLog.length - fromLog.length) / PRESENT;
  return [
    { work: "1 000 missed changes of 100 000, from the log", unit: "B", samples: [fromLog.length] },
    { work: "1 000 missed changes of 100 000, without a log", unit: "B", samples: [withoutLog.length] },
    {
      work: "… the extra bytes without a log, per presence",
      unit: "B",
      samples: [extra],
      target: atMost(2),
      floor: "extra without a log",
    },
  ];
}

/** The events of Tokyo that `to` is missing, as `from` sends them. */
function encodeMissing(from: PresenceSet, to: PresenceSet): Uint8Array {
  return encodePush(from.catchUp(TOKYO.id, to.seenOf(TOKYO.id))!);
}

function merge(receiver: PresenceSet, bytes: Uint8Array): void {
  receiver.merge(decodePush(bytes));
}
