/**
 * Runs chaos over a real broker. Visitors join and leave at five processes, while the broker and the processes are
 * killed, stopped, paused and cut off at random. After each round the faults stop, and every process must then list
 * exactly the expected presences. The run continues until every kind of fault has occurred.
 *
 * Usage: `npm run chaos -- --driver redis --minutes 10`, or `--seconds 20`. `--seed 7` repeats the choices of a
 * run. `--plant loss` (or `ghost`, `double`, `diff`) plants an error that the audit must find, so the run must
 * fail.
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

const counts = [...faults].map(([fault, times]) => `${fault} ${times}`).sort();
console.log(
  `${options.driver}, seed ${options.seed}: ${counts.join(", ")}; joins ${joins}, leaves ${leaves}; ` +
    `ghosts ${ghosts}, losses ${losses}; longest time to agree ${(longestMs / 1_000).toFixed(2)} s`,
);
if (ghosts + losses > 0) {
  console.error(`The processes did not agree within ${options.settleMs} ms.`);
  process.exitCode = 1;
}

function readOptions(): ChaosOptions {
  const { values } = parseArgs({
    options: {
      driver: { type: "string", default: "redis" },
      seconds: { type: "string" },
      minutes: { type: "string", default: "1" },
      // The longest time to converge, plus the time to start and to reconnect on a busy machine.
      "settle-seconds": { type: "string", default: "40" },
      seed: { type: "string", default: `${Math.floor(Math.random() * 1e9)}` },
      plant: { type: "string" },
    },
  });
  const { driver, plant } = values;
  if (!Object.hasOwn(drivers, driver)) {
    throw new Error(`--driver is ${driver}; it must be one of ${Object.keys(drivers).join(", ")}.`);
  }
  if (plant !== undefined && !Object.hasOwn(plantedErrors, plant)) {
    throw new Error(`--plant is ${plant}; it must be one of ${Object.keys(plantedErrors).join(", ")}.`);
  }
  const seconds = Number(values.seconds ?? Number(values.minutes) * 60);
  const [settleSeconds, seed] = [Number(values["settle-seconds"]), Number(values.seed)];
  if (!(seconds > 0) || !(settleSeconds > 0) || !Number.isSafeInteger(seed))
    throw new Error(
      "--seconds, --minutes and --settle-seconds must be numbers above 0, and --seed a whole number.",
    );
  return {
    driver: driver as DriverName,
    durationMs: seconds * 1_000,
    seed,
    settleMs: settleSeconds * 1_000,
    plantedError: plant as PlantedError | undefined,
  };
}
