import { equal } from "node:assert/strict";
import { fragmentOf, PresenceSet } from "../../src/crdt/index.ts";
import { joinAll, PersonStream } from "../crdt/person-stream.ts";
import { decodePush, encodePush, PARIS, TOKYO } from "../crdt/push-bytes.ts";
import type { Figure } from "../figure.ts";
import { time } from "../measure.ts";
import type { Effort, Subject } from "../subject.ts";
import type { LatencyNodeProcess } from "./latency-node-process.ts";
import type { TransportName } from "./transports.ts";
import { withNodes } from "./with-nodes.ts";

const JOINS = 50_000;

/** The times of one storm in ms. */
interface StormTimes {
  readonly storm: number;
  /** The same bytes through the bare client. */
  readonly bare: number;
  /** The same work from set to set, without a tracker or a transport. */
  readonly sets: number;
}

/** 50 000 presences join one node in one turn of its event loop, as after a deploy, until two other nodes see them all. */
export function storm(transport: TransportName): Subject {
  return ({ runs }: Effort): Promise<Figure[]> =>
    withNodes(transport, 3, async ([tokyo, ...others]) => {
      const times: StormTimes[] = [];
      for (let run = 0; run <= runs; run++) times.push(await runStorm(tokyo!, others));
      // The first run warms up.
      return figuresOf(transport, times.slice(1));
    });
}

async function runStorm(
  tokyo: LatencyNodeProcess,
  others: readonly LatencyNodeProcess[],
): Promise<StormTimes> {
  await tokyo.ask({ ask: "join", count: JOINS, everyMs: 0 });
  const storm = await slowest(others, JOINS);
  const bare = await slowest(others, await tokyo.ask({ ask: "replay" }));
  await tokyo.ask({ ask: "leave" });
  return { storm, bare, sets: timeSetToSet() };
}

/** The longest delay at any of the nodes. */
async function slowest(others: readonly LatencyNodeProcess[], count: number): Promise<number> {
  const delays = await Promise.all(others.map((other) => other.ask({ ask: "delays", count })));
  for (const { length } of delays) equal(length, count);
  return delays.flat().reduce((one, other) => Math.max(one, other));
}

/** Joins, encodes, decodes and merges in one process, which is the least that a storm takes. */
function timeSetToSet(): number {
  const people = new PersonStream().take(JOINS);
  const [paris, ms] = time(() => {
    const set = new PresenceSet({ replica: TOKYO.id });
    joinAll(set, people);
    const bytes = encodePush(fragmentOf(TOKYO.id, set.takeOperations()));
    const receiver = new PresenceSet({ replica: PARIS.id });
    receiver.show(TOKYO.id);
    receiver.merge(decodePush(bytes));
    return receiver;
  });
  equal(paris.countOfReplica(TOKYO.id), JOINS);
  return ms;
}

function figuresOf(transport: TransportName, times: readonly StormTimes[]): Figure[] {
  const figure = (work: string, field: keyof StormTimes): Figure => ({
    work,
    unit: "ms",
    samples: times.map((each) => each[field]),
  });
  return [
    figure(`${transport}: 50 000 join at once until two other nodes see all`, "storm"),
    figure("… the same bytes through the bare client", "bare"),
    figure("… the same joins, encoded, decoded and merged, from set to set", "sets"),
    {
      work: "… ours, relative to the sum of both",
      unit: "×",
      samples: times.map(({ storm, bare, sets }) => storm / (bare + sets)),
      floor: "storm",
    },
  ];
}
