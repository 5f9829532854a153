import { manualClock } from "../../src/testing/manual-clock.ts";
import { atMost, type Figure } from "../figure.ts";
import { MODES, type Replicated, startSender } from "./sending-node.ts";

const JOINS = 1_000;
/** Longer than a flush is delayed, and shorter than a heartbeat interval. */
const FLUSH_MS = 100;

/** The bytes on the wire when a thousand readers join one topic within one flush. */
export async function wireBytes(): Promise<Figure[]> {
  const [presences, counts] = await Promise.all(MODES.map(bytesOfJoins));
  return [
    { work: "wire: 1 000 joins into one topic in one flush, presences", unit: "B", samples: [presences!] },
    {
      work: '… with replicate: "counts"',
      unit: "B",
      samples: [counts!],
      target: atMost(150),
      floor: "1 000 joins",
    },
  ];
}

async function bytesOfJoins(replicate: Replicated): Promise<number> {
  const clock = manualClock();
  const { node, takeMessages } = await startSender({ name: "tokyo-01", replicate, clock });
  clock.advance(FLUSH_MS);
  takeMessages();
  for (let reader = 0; reader < JOINS; reader++) node.track(`reader ${reader}`, "article:7", "readers");
  clock.advance(FLUSH_MS);
  return takeMessages().reduce((sum, { length }) => sum + length, 0);
}
