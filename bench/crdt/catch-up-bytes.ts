import { equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { atMost, type Figure } from "../figure.ts";
import { joinAll, leaveAll, PersonStream } from "./person-stream.ts";
import { decodePush, encodePush, PARIS, TOKYO } from "./push-bytes.ts";
import { Random } from "./random.ts";

const STANDING = 100_000;
const MISSED = 1_000;

/**
 * Paris misses 1 000 changes at Tokyo: half of them joins, half leaves of any who stood. Tokyo, which has the
 * leaves in its log, could tell; so could Lima, which keeps no log. For every presence that stands one has left
 * long before, so that there are gaps all over.
 */
export function catchUpBytes(): Figure[] {
  const tokyo = new PresenceSet({ replica: TOKYO.id });
  const lima = new PresenceSet({ replica: "lima", logLimit: 0 });
  const paris = new PresenceSet({ replica: PARIS.id });
  for (const receiver of [lima, paris]) receiver.show(TOKYO.id);

  const crowd = new PersonStream();
  const everybody = crowd.take(2 * STANDING);
  joinAll(tokyo, everybody);
  const standing = new Random(1).shuffle(everybody);
  leaveAll(tokyo, standing.splice(STANDING));
  const fullState = answer(tokyo, paris);
  for (const receiver of [lima, paris]) tell(receiver, fullState);

  leaveAll(tokyo, standing.splice(0, MISSED / 2));
  joinAll(tokyo, crowd.take(MISSED / 2));
  tell(lima, answer(tokyo, lima));
  const fromLog = answer(tokyo, paris);
  const beyondLog = answer(lima, paris);
  tell(paris, beyondLog);
  for (const receiver of [lima, paris]) equal(receiver.digestOf(TOKYO.id), tokyo.digestOf(TOKYO.id));

  const more = (beyondLog.length - fromLog.length) / STANDING;
  return [
    { work: "1 000 missed changes of 100 000, from the log", unit: "B", samples: [fromLog.length] },
    { work: "1 000 missed changes of 100 000, beyond the log", unit: "B", samples: [beyondLog.length] },
    {
      work: "the more beyond the log, for each that stands",
      unit: "B",
      samples: [more],
      target: atMost(2),
      floor: "more beyond the log",
    },
  ];
}

/** What `from` would send to somebody who lacks some of Tokyo's events. */
function answer(from: PresenceSet, to: PresenceSet): Uint8Array {
  return encodePush(from.catchUp(TOKYO.id, to.seenOf(TOKYO.id))!);
}

function tell(receiver: PresenceSet, bytes: Uint8Array): void {
  receiver.merge(decodePush(bytes));
}
