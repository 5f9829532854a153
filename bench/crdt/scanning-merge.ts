import { deepEqual } from "node:assert/strict";
import { type LiveDot, PresenceSet } from "../../src/crdt/index.ts";
import { type Figure, median, ratios } from "../figure.ts";
import { collectGarbage, rounds, timeNow } from "../measure.ts";
import type { Effort } from "../subject.ts";
import { decodeDelta, RemoteReplica } from "./remote-replica.ts";
import { ScanningSet } from "./scanning-set.ts";

const PEOPLE = 100_000;
const DELTAS = 50;

/** A delta merged by us and by a set that scans, in turn. */
export function scanningMerge({ runs }: Effort): Figure[] {
  const author = new RemoteReplica("tokyo");
  const ours = new PresenceSet({ replica: "paris" });
  const scanning = new ScanningSet();
  ours.show(author.replica);
  for (const bytes of author.messages(PEOPLE)) {
    const fragment = decodeDelta(bytes);
    ours.merge(fragment);
    scanning.merge(fragment);
  }
  const times = rounds(runs, () => mergeInTurn(author, ours, scanning));
  return [
    { work: "the same into 100 000, by a merge that scans", unit: "ms", samples: times.scanning },
    {
      work: "a merge that scans, to ours",
      unit: "×",
      samples: ratios(times.scanning, times.ours),
      floor: "a scan to ours",
    },
  ];
}

/** Each merges them all before the other does, as the scan leaves none of our memory in the caches. In ms a merge. */
function mergeInTurn(author: RemoteReplica, ours: PresenceSet, scanning: ScanningSet) {
  const deltas = Array.from({ length: DELTAS }, () => author.mixedDelta());
  collectGarbage();
  const our = deltas.map((delta) => timeNow(() => ours.merge(delta)));
  const their = deltas.map((delta) => timeNow(() => scanning.merge(delta)));
  for (const [at, [{ joins, leaves }]] of our.entries()) {
    deepEqual(dotsOf(joins), dotsOf(their[at]![0].joins));
    deepEqual(dotsOf(leaves), dotsOf(their[at]![0].leaves));
  }
  const medianOf = (merges: readonly [unknown, ms: number][]) => median(merges.map(([, ms]) => ms));
  return { ours: medianOf(our), scanning: medianOf(their) };
}

function dotsOf(entries: readonly Pick<LiveDot, "dot">[]): number[] {
  return entries.map(({ dot }) => dot).sort((one, other) => one - other);
}
