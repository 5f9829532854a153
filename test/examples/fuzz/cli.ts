/**
 * Fuzzes every example that serves strangers: with requests, WebSocket frames and messages that no page would send. Each
 * example must survive, forget everyone who has gone, and then stop in order: `npm run fuzz -- [--seconds N] [--seed N]
 * [NAME…]`.
 */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { Progress } from "../../../scripts/progress.ts";
import { waitUntil } from "../../../scripts/wait-until.ts";
import { Dice } from "../../support/dice.ts";
import { stopProcess } from "../stop-process.ts";
import { attack, attackAsKnown } from "./fuzz-client.ts";
import { type FuzzTarget, fuzzTargets } from "./fuzz-targets.ts";
import { startTarget } from "./start-target.ts";

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1e9) },
  },
  allowPositionals: true,
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (!(seconds > 0) || !Number.isInteger(seed))
  throw new RangeError("--seconds takes a positive number, and --seed takes an integer.");
const chosen = fuzzTargets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (chosen.length === 0) throw new RangeError(`There is ${fuzzTargets.map(({ name }) => name).join(", ")}.`);

console.log(`seed ${seed}: ${seconds} s, all examples at once`);
const progress = new Progress("fuzz", { of: chosen.length, unit: "examples" });
progress.at(0);
let finished = 0;
let survivors = 0;
await Promise.all(
  chosen.map(async (target) => {
    const fault = await fuzz(target).catch((error: Error) => error.message);
    progress.clear();
    if (fault === undefined) survivors++;
    else console.log(`${target.name}: ${fault}`);
    progress.at(++finished);
  }),
);
progress.end();
console.log(`${survivors} survived, ${chosen.length - survivors} failed`);
process.exit(survivors === chosen.length ? 0 : 1);

/** Returns what is wrong with the example after the attacks, if anything. */
async function fuzz(target: FuzzTarget): Promise<string | undefined> {
  const { child, port, output } = await startTarget(target.script);
  const fault = (text: string) => `${text}\n${output().slice(-2_000)}`;
  try {
    await attackAsKnown(target, port, new Dice(seed));
    let attacks = 0;
    const until = performance.now() + 1_000 * seconds;
    const attackers = Array.from({ length: 16 }, async (_, attacker) => {
      const dice = new Dice(seed + attacker);
      while (performance.now() < until && child.exitCode === null) {
        await attack(target, port, dice);
        attacks++;
      }
    });
    await Promise.all(attackers);
    if (child.exitCode !== null)
      return fault(`it died of attack ${attacks} with exit code ${child.exitCode}`);
    progress.clear();
    console.log(`${target.name}: ${attacks} attacks`);
    const shown = async () => {
      const response = await fetch(`http://localhost:${port}${target.empty.path}`);
      return (await response.text()).includes(target.empty.text);
    };
    await waitUntil(shown, `${target.empty.path} to show that no one is left`);
    if ((await stopProcess(child)) !== 0) return fault(`it stopped with exit code ${child.exitCode}`);
    return undefined;
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
}
