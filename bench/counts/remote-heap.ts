import { equal } from "node:assert/strict";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { atMost, type Figure } from "../figure.ts";
import { heapBytes } from "../measure.ts";
import { MODES, type Replicated, startReceiver, startSender } from "./sending-node.ts";

const TOPICS = 10_000;
const OTHER_NODES = 9;
/** Topics of one other node only. */
const OWN_TOPICS = 50_000;
/** Compiles the code before the measurement. */
const WARM_UP_TOPICS = 600;
/** Longer than a flush is delayed, and shorter than a heartbeat interval. */
const FLUSH_MS = 100;
/** As many readers join between two flushes: all of a topic. */
const BATCH = 1_200;

/** The heap at a node of the readers of nine other nodes, all of the same topics: of each number, and of each presence in it. */
export async function remoteHeap(): Promise<Figure[]> {
  for (const replicate of MODES) await heapOf(replicate, OTHER_NODES, WARM_UP_TOPICS, 1);
  const presences = await heapOf("presences", OTHER_NODES, TOPICS, 1);
  const one = await heapOf("counts", OTHER_NODES, TOPICS, 1);
  const three = await heapOf("counts", OTHER_NODES, TOPICS, 3);
  const alone = await heapOf("counts", 1, OWN_TOPICS, 1);
  const numbers = TOPICS * OTHER_NODES;
  return [
    { work: "heap at another node, a presence", unit: "B", samples: [presences / numbers] },
    {
      work: '… with replicate: "counts": a (topic, key, node)',
      unit: "B",
      samples: [one / numbers],
      target: atMost(350),
      floor: "a number",
    },
    {
      work: "… each further presence behind the number",
      unit: "B",
      samples: [(three - one) / (2 * numbers)],
      target: atMost(0.5),
    },
    {
      work: "… a number and its topic, which no other node has",
      unit: "B",
      samples: [alone / OWN_TOPICS],
      target: atMost(350),
      floor: "a number and its topic",
    },
  ];
}

/** The heap that a node takes for the readers of the others. */
async function heapOf(
  replicate: Replicated,
  nodes: number,
  topics: number,
  readersOfEach: number,
): Promise<number> {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < nodes; at++) {
    messages.push(...(await messagesOf(`tokyo-0${at}`, replicate, topics, readersOfEach)));
  }
  const clock = manualClock();
  const before = heapBytes();
  const { node, receive } = await startReceiver({ name: "paris-01", replicate, clock });
  for (const message of messages) receive(message);
  const bytes = heapBytes() - before;
  equal(node.count("article:1"), readersOfEach * nodes);
  equal(node.topics().length, topics);
  equal(messages.length > 0, true);
  return bytes;
}

async function messagesOf(
  name: string,
  replicate: Replicated,
  topics: number,
  readersOfEach: number,
): Promise<Uint8Array[]> {
  const clock = manualClock();
  const { node, takeMessages } = await startSender({ name, replicate, clock });
  for (let reader = 0; reader < topics * readersOfEach; reader++) {
    node.track(`reader ${reader}`, `article:${Math.floor(reader / readersOfEach)}`, "readers");
    if (reader % BATCH === BATCH - 1) clock.advance(FLUSH_MS);
  }
  clock.advance(FLUSH_MS);
  return takeMessages();
}
