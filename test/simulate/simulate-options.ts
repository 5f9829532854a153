/** What the nodes of a cluster replicate. */
export type ReplicateMode = "presences" | "counts";

/** The command that the arguments of `npm run simulate` ask for. */
export type SimulateCommand =
  | {
      readonly command: "seeds";
      readonly replicate: ReplicateMode;
      readonly from: number;
      readonly count: number;
      readonly workers: number;
    }
  | { readonly command: "replay"; readonly replicate: ReplicateMode; readonly seed: number }
  | { readonly command: "figures" };

const DEFAULT_SEEDS = 200;
const DEFAULT_WORKERS = 2;

/** Reads the arguments. Throws an error that says which one is wrong. */
export function readOptions(args: readonly string[]): SimulateCommand {
  const numbers = new Map<string, number>();
  let replicate: ReplicateMode = "presences";
  for (let at = 0; at < args.length; at++) {
    const name = args[at]!;
    if (name === "--figures") {
      if (args.length > 1) throw new Error("--figures takes no other option. Leave the others out.");
      return { command: "figures" };
    }
    if (name === "--replicate") {
      replicate = readMode(args[++at]);
      continue;
    }
    if (!["--seeds", "--from", "--seed", "--workers"].includes(name))
      throw new Error(
        `There is no option ${name}. The options are --seeds, --from, --workers, --seed, --replicate and --figures.`,
      );
    numbers.set(name, readInteger(name, args[++at]));
  }
  const seed = numbers.get("--seed");
  if (seed !== undefined) {
    if (numbers.size > 1)
      throw new Error(
        "--seed takes only --replicate as well, because it replays one seed. Leave the others out.",
      );
    return { command: "replay", replicate, seed };
  }
  const count = numbers.get("--seeds") ?? DEFAULT_SEEDS;
  const workers = numbers.get("--workers") ?? DEFAULT_WORKERS;
  if (count === 0 || workers === 0) throw new Error("--seeds and --workers must be at least 1.");
  return { command: "seeds", replicate, from: numbers.get("--from") ?? 1, count, workers };
}

function readMode(text: string | undefined): ReplicateMode {
  if (text === "presences" || text === "counts") return text;
  throw new Error(
    `--replicate ${text === undefined ? "has no value" : `is ${text}`}; it must be presences or counts.`,
  );
}

function readInteger(name: string, text: string | undefined): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(
    `${name} ${text === undefined ? "has no value" : `is ${text}`}; it must be an integer of at least 0.`,
  );
}
