/** What `npm run simulate` is asked to do. */
export type SimulateCommand =
  | { readonly command: "seeds"; readonly from: number; readonly count: number; readonly workers: number }
  | { readonly command: "replay"; readonly seed: number }
  | { readonly command: "figures" };

const DEFAULT_SEEDS = 200;
const DEFAULT_WORKERS = 2;

/** Reads the command line; throws an error that says what is wrong with it. */
export function readOptions(args: readonly string[]): SimulateCommand {
  const numbers = new Map<string, number>();
  for (let at = 0; at < args.length; at++) {
    const name = args[at]!;
    if (name === "--figures") {
      if (args.length > 1) throw new Error("--figures goes alone.");
      return { command: "figures" };
    }
    if (!["--seeds", "--from", "--seed", "--workers"].includes(name))
      throw new Error(`${name} is not known.`);
    numbers.set(name, wholeNumber(name, args[++at]));
  }
  const seed = numbers.get("--seed");
  if (seed !== undefined) {
    if (numbers.size > 1) throw new Error("--seed goes alone: it replays one.");
    return { command: "replay", seed };
  }
  const count = numbers.get("--seeds") ?? DEFAULT_SEEDS;
  const workers = numbers.get("--workers") ?? DEFAULT_WORKERS;
  if (count === 0 || workers === 0) throw new Error("--seeds and --workers are at least 1.");
  return { command: "seeds", from: numbers.get("--from") ?? 1, count, workers };
}

function wholeNumber(name: string, text: string | undefined): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`${name} needs a whole number${text === undefined ? "" : `, and got ${text}`}.`);
}
