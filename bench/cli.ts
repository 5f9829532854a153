/** Measures the speed and size of the library. `npm run bench` prints the usage. */
import { Progress } from "../scripts/progress.ts";
import { type BenchOptions, readBenchOptions } from "./bench-options.ts";
import { reportOn } from "./bench-report.ts";
import { channels } from "./channels/channels-suite.ts";
import { churn } from "./churn/churn-suite.ts";
import { client } from "./client/client-suite.ts";
import { counts } from "./counts/counts-suite.ts";
import { crdt } from "./crdt/crdt-suite.ts";
import { readFloors, shortfalls } from "./floors.ts";
import { hostile } from "./hostile/hostile-suite.ts";
import { latency } from "./latency/latency-suite.ts";
import { type MeasuredFigure, measureSuite } from "./measure-suite.ts";
import { memory } from "./memory/memory-suite.ts";
import { peers } from "./peers/peers-suite.ts";
import { reportText } from "./report-table.ts";
import { sockets } from "./sockets/sockets-suite.ts";
import type { Suite } from "./subject.ts";
import { tracker } from "./tracker/tracker-suite.ts";

const SUITES: Readonly<Record<string, Suite>> = {
  crdt,
  tracker,
  client,
  channels,
  hostile,
  latency,
  counts,
  sockets,
  peers,
  memory,
  churn,
};

const USAGE = `Usage: npm run bench -- [SUITE…] [--json] [--check] [--quick] [--runs N] [--sizes N,N,…] [--minutes N]

Suites: ${Object.keys(SUITES).join(", ")}

  --json     print one JSON document instead of a table
  --check    exit with 1 when a ratio or a size misses its floor in floors.json by more than the margin; without a
             SUITE, measure all of them
  --quick    three runs, states of 10 000 and 100 000 only, one minute of churn
  --runs     counted runs, after one warm-up run; default 5
  --sizes    sizes of the state; default 10000,100000,1000000
  --minutes  minutes of churn; default 10`;

const args = process.argv.slice(2);
const options = optionsOrUsage();
if (options === undefined) process.exitCode = 1;
else await run(options);

function optionsOrUsage(): BenchOptions | undefined {
  try {
    return readBenchOptions(args, Object.keys(SUITES));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return undefined;
  }
}

async function run({ suites, effort, json, check }: BenchOptions): Promise<void> {
  const subjects = suites.flatMap((name) => Object.keys(SUITES[name]!));
  const progress = new Progress("bench", { of: subjects.length, unit: "subjects", everyMs: 0 });
  let done = 0;
  const figures: Record<string, readonly MeasuredFigure[]> = {};
  for (const name of suites) {
    figures[name] = await measureSuite(name, SUITES[name]!, effort, {
      onSubject: (subject) => progress.at(done++, `${name}: ${subject}`),
      onOutput(text) {
        progress.clear();
        process.stderr.write(text);
      },
    });
  }
  progress.end();
  const report = reportOn(args, figures);
  console.log(json ? JSON.stringify(report, undefined, 2) : reportText(report));
  const failures = check ? shortfalls(report, readFloors(), SUITES) : [];
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) process.exitCode = 1;
}
