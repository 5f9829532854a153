/** Runs simulated clusters with random faults: `npm run simulate`. */
import { Progress } from "../../scripts/progress.ts";
import { simulateSeed } from "./chaos/simulate-seed.ts";
import { figuresTable } from "./figures.ts";
import { runSeeds } from "./run-seeds.ts";
import { SeedsSummary } from "./seeds-summary.ts";
import { readOptions, type SimulateCommand } from "./simulate-options.ts";

const USAGE = `Usage: npm run simulate -- [--seeds N] [--from S] [--workers N] [--replicate MODE]
       npm run simulate -- --seed S [--replicate MODE]
       npm run simulate -- --figures

  --seeds      the number of clusters, one per seed (default: 200)
  --from       the first seed (default: 1)
  --workers    the number of processes (default: 2)
  --replicate  what the nodes replicate: presences (the default) or counts
  --seed       replays one seed and prints what happens
  --figures    prints times and traffic for 3, 10 and 50 nodes

Exits with 1 if a promise was broken, or if a fault occurred fewer than 100 times in 2 000 seeds or more.`;

const options = optionsOrUsage();
if (options === undefined) process.exitCode = 1;
else if (options.command === "figures") console.log(figuresTable());
else if (options.command === "replay") replay(options);
else await runAll(options);

function optionsOrUsage(): SimulateCommand | undefined {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return undefined;
  }
}

async function runAll(command: Extract<SimulateCommand, { command: "seeds" }>): Promise<void> {
  const summary = new SeedsSummary(command.replicate);
  const startedAt = performance.now();
  const progress = new Progress("simulate", { of: command.count, unit: "seeds" });
  progress.at(0);
  await runSeeds(command, (report) => {
    summary.add(report);
    progress.at(summary.seeds, `${summary.failures.length} failed`);
  });
  progress.end();
  for (const line of summary.lines(performance.now() - startedAt, command.workers)) console.log(line);
  if (summary.failures.length > 0 || summary.rareFaults.length > 0) process.exitCode = 1;
}

function replay({ seed, replicate }: Extract<SimulateCommand, { command: "replay" }>): void {
  const { log, brokenPromise, hash } = simulateSeed(seed, { replicate, recordLog: true });
  for (const line of log) console.log(line);
  console.log(`\nHash ${hash}`);
  if (brokenPromise !== undefined) {
    console.log(brokenPromise);
    process.exitCode = 1;
  }
  console.log(brokenPromise === undefined ? "1 passed, 0 failed" : "0 passed, 1 failed");
}
