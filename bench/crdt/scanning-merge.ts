import { deepEqual } from "node:assert/strict";
import { type LiveDot, PresenceSet } from "../../src/crdt/index.ts";
import { type Figure, median, ratios } from "../figure.ts";
import { collectGarbage, rounds, timeNow } from "../measure.ts";
import type { Effort } from "../subject.ts";
import { decodeDelta, RemoteReplica } from "./remote-replica.ts";
import { ScanningSet } from "./scanning-set.ts";

const PEOPLE = 100_000;
const DELTAS = 50;

/** Merges each delta into our set and into a set that scans. */
export function scanningMerge({ runs }: Effort): Figure[] {
  const remote = new RemoteReplica("tokyo");
  const ours = new PresenceSet({ replica: "paris" });
  const scanning = new ScanningSet();
  ours.show(remote.replica);
  for (const bytes of remote.messages(PEOPLE)) {
    const fragment = decodeDelta(bytes);
    ours.merge(fragment);
    scanning.merge(fragment);
  }
  const times = rounds(runs, () => mergeInTurn(remote, ours, scanning));
  return [
    { work: "the same into 100 000, by a scanning merge", unit: "ms", samples: times.scanning },
    {
      work: "a scanning merge, relative to ours",
      unit: "×",
      samples: ratios(times.scanning, times.ours),
      floor: "a scan to ours",
    },
  ];
}

/** ms per merge. One set merges all deltas, then the other: a scan would evict our memory from the caches. */
function mergeInTurn(remote: RemoteReplica, ours: PresenceSet, scanning: ScanningSet) {
  const deltas = Array.from({ length: DELTAS }, () => remote.mixedDelta());
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
