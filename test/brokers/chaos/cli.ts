/**
 * Chaos over a real broker: five processes in which visitors come and go, while the broker and the processes are killed,
 * stopped, paused and cut off each other at random. In rounds; after each there is peace, and every process must list
 * exactly the truth. It goes on until every kind of fault has struck.
 *
 * `npm run chaos -- --driver redis --minutes 10`, or `--seconds 20`; `--seed 7` makes the same choices again. With
 * `--lie loss` (or `ghost`, `double`, `diff`) the truth is not what the processes were told, and the run must fail.
 */
import { parseArgs } from "node:util";
import { type DriverName, drivers } from "../../../scripts/brokers/drivers.ts";
import { isInstalled } from "../../../scripts/brokers/recipes.ts";
import { Progress } from "../../../scripts/progress.ts";
import { type PlantedError, plantedErrors } from "./process-cluster.ts";
import { type ChaosOptions, runChaos } from "./run-chaos.ts";

const options = readOptions();
if (!isInstalled(drivers[options.driver].broker)) process.exit(0);
const progress = new Progress(`chaos over ${options.driver}`, { of: options.durationMs / 1_000, unit: "s" });
progress.at(0);
const { faults, joins, leaves, ghosts, losses, longestMs } = await runChaos(options, (soFar) =>
  progress.at(Math.floor(soFar.ms / 1_000), `${soFar.faults} faults`),
);
progress.end();

const struck = [...faults].map(([fault, times]) => `${fault} ${times}`).sort();
console.log(
  `${options.driver}, seed ${options.seed}: ${struck.join(", ")}; joins ${joins}, leaves ${leaves}; ` +
    `ghosts ${ghosts}, losses ${losses}; longest time to agree ${(longestMs / 1_000).toFixed(2)} s`,
);
if (ghosts + losses > 0) {
  console.error(`no agreement after ${options.peaceMs} ms`);
  process.exitCode = 1;
}

function readOptions(): ChaosOptions {
  const { values } = parseArgs({
    options: {
      driver: { type: "string", default: "redis" },
      seconds: { type: "string" },
      minutes: { type: "string", default: "1" },
      // All of the bound, and what starting and reconnecting takes on a busy machine.
      "peace-seconds": { type: "string", default: "40" },
      seed: { type: "string", default: `${Math.floor(Math.random() * 1e9)}` },
      lie: { type: "string" },
    },
  });
  const { driver, lie } = values;
  if (!Object.hasOwn(drivers, driver)) {
    throw new Error(`--driver is ${driver}; it must be one of ${Object.keys(drivers).join(", ")}.`);
  }
  if (lie !== undefined && !Object.hasOwn(plantedErrors, lie)) {
    throw new Error(`--lie is ${lie}; it must be one of ${Object.keys(plantedErrors).join(", ")}.`);
  }
  const seconds = Number(values.seconds ?? Number(values.minutes) * 60);
  const [peaceSeconds, seed] = [Number(values["peace-seconds"]), Number(values.seed)];
  if (!(seconds > 0) || !(peaceSeconds > 0) || !Number.isSafeInteger(seed))
    throw new Error("--seconds, --minutes, --peace-seconds and --seed are numbers.");
  return {
    driver: driver as DriverName,
    durationMs: seconds * 1_000,
    seed,
    peaceMs: peaceSeconds * 1_000,
    plantedError: lie as PlantedError | undefined,
  };
}
