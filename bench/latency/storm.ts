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

/** What one storm took, in ms. */
interface Took {
  readonly storm: number;
  readonly bare: number;
  readonly sets: number;
}

/** So many join one node in one turn of its event loop, as after a deploy, and two others see them all. */
export function storm(medium: TransportName): Subject {
  return ({ runs }: Effort): Promise<Figure[]> =>
    withNodes(medium, 3, async ([tokyo, ...others]) => {
      const took: Took[] = [];
      for (let run = 0; run <= runs; run++) took.push(await strike(tokyo!, others));
      // The first warms up.
      return figuresOf(medium, took.slice(1));
    });
}

async function strike(tokyo: LatencyNodeProcess, others: readonly LatencyNodeProcess[]): Promise<Took> {
  await tokyo.ask({ ask: "join", count: JOINS, everyMs: 0 });
  const storm = await slowest(others, JOINS);
  const bare = await slowest(others, await tokyo.ask({ ask: "replay" }));
  await tokyo.ask({ ask: "leave" });
  return { storm, bare, sets: fromSetToSet() };
}

/** From the first of them to the last that came anywhere. */
async function slowest(others: readonly LatencyNodeProcess[], count: number): Promise<number> {
  const delays = await Promise.all(others.map((other) => other.ask({ ask: "delays", count })));
  for (const { length } of delays) equal(length, count);
  return delays.flat().reduce((one, other) => Math.max(one, other));
}

/** The work that can't be left out, with nothing around it and in one process. */
function fromSetToSet(): number {
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
  equal(paris.sizeOf(TOKYO.id), JOINS);
  return ms;
}

function figuresOf(medium: TransportName, took: readonly Took[]): Figure[] {
  const figure = (work: string, field: keyof Took): Figure => ({
    work,
    unit: "ms",
    samples: took.map((one) => one[field]),
  });
  return [
    figure(`${medium}: 50 000 join at once until two others see all`, "storm"),
    figure("… the same bytes by the bare client", "bare"),
    figure("… the same joined, encoded, decoded and merged, from set to set", "sets"),
    {
      work: "… ours, to both of these",
      unit: "×",
      samples: took.map(({ storm, bare, sets }) => storm / (bare + sets)),
      floor: "storm",
    },
  ];
}
