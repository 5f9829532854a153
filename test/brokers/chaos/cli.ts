/**
 * Runs chaos over a real broker. Visitors join and leave at five processes, while the broker and the processes are
 * killed, stopped, paused and cut off at random. After each round the faults stop, and every process must then show
 * exactly the expected presences. During a round no process may show more than there were, or less than it can know.
 * The run continues until every kind of fault has occurred.
 *
 * Usage: `npm run chaos -- --driver redis --minutes 10`, or `--seconds 20`. With `--replicate counts` the processes
 * replicate counts, and with `--leave-delay-ms 2000` a presence waits for so long before it leaves. `--seed 7` repeats
 * the choices of a run. `--plant loss` (or `ghost`, `double`, `diff`, `negative`, `decrease`, `increase`) plants an error
 * that the run must find, so it must fail.
 */
import { parseArgs } from "node:util";
import { type DriverName, drivers } from "../../../scripts/brokers/drivers.ts";
import { isInstalled } from "../../../scripts/brokers/recipes.ts";
import { Progress } from "../../../scripts/progress.ts";
import type { ReplicateMode } from "../../../src/wire/replica-message.ts";
import { modeOptions } from "../support/replicate-modes.ts";
import { type PlantedError, plantedErrors } from "./planted-errors.ts";
import { type ChaosOptions, runChaos } from "./run-chaos.ts";

const options = readOptions();
if (!isInstalled(drivers[options.driver].broker)) process.exit(0);
const progress = new Progress(`chaos with ${options.replicate} over ${options.driver}`, {
  of: options.durationMs / 1_000,
  unit: "s",
});
progress.at(0);
const report = await runChaos(options, (soFar) =>
  progress.at(Math.floor(soFar.ms / 1_000), `${soFar.faults} faults`),
);
const { faults, joins, leaves, ghosts, losses, problems } = report;
progress.end();

const counts = [...faults].map(([fault, times]) => `${fault} ${times}`).sort();
console.log(
  `${options.driver}, ${options.replicate}, seed ${options.seed}: ${counts.join(", ")}; ` +
    `joins ${joins}, leaves ${leaves}; ghosts ${ghosts}, losses ${losses}, wrong numbers ${problems.length}; ` +
    `longest time to agree ${seconds(report.longestMs)}, of which all heard each other for ${seconds(report.longestHearingMs)}`,
);
if (ghosts + losses > 0) console.error("The processes did not agree in time.");
for (const problem of problems.slice(0, 10)) console.error(problem);
if (ghosts + losses + problems.length > 0) process.exitCode = 1;

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function readOptions(): ChaosOptions {
  const { values } = parseArgs({
    options: {
      driver: { type: "string", default: "redis" },
      replicate: { type: "string", default: "presences" },
      seconds: { type: "string" },
      minutes: { type: "string", default: "1" },
      "leave-delay-ms": { type: "string", default: "0" },
      // The longest time to converge, plus the time to start and to reconnect on a busy machine.
      "settle-seconds": { type: "string", default: "40" },
      seed: { type: "string", default: `${Math.floor(Math.random() * 1e9)}` },
      plant: { type: "string" },
    },
  });
  const { driver, replicate, plant } = values;
  if (!Object.hasOwn(drivers, driver)) {
    throw new Error(`--driver is ${driver}; it must be one of ${Object.keys(drivers).join(", ")}.`);
  }
  if (!Object.hasOwn(modeOptions, replicate)) {
    throw new Error(`--replicate is ${replicate}; it must be one of ${Object.keys(modeOptions).join(", ")}.`);
  }
  if (plant !== undefined && !Object.hasOwn(plantedErrors, plant)) {
    throw new Error(`--plant is ${plant}; it must be one of ${Object.keys(plantedErrors).join(", ")}.`);
  }
  const durationMs = Number(values.seconds ?? Number(values.minutes) * 60) * 1_000;
  const [settleSeconds, seed] = [Number(values["settle-seconds"]), Number(values.seed)];
  if (!(durationMs > 0) || !(settleSeconds > 0) || !Number.isSafeInteger(seed))
    throw new Error(
      "--seconds, --minutes and --settle-seconds must be numbers above 0, and --seed a whole number.",
    );
  const leaveDelayMs = Number(values["leave-delay-ms"]);
  if (!(leaveDelayMs >= 0)) throw new Error("--leave-delay-ms must be a number of at least 0.");
  return {
    driver: driver as DriverName,
    replicate: replicate as ReplicateMode,
    leaveDelayMs,
    durationMs,
    seed,
    settleMs: settleSeconds * 1_000,
    plantedError: plant as PlantedError | undefined,
  };
}
