import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { Figure } from "./figure.ts";
import type { Effort, Suite } from "./subject.ts";

/** A figure, and the subject that it comes from. */
export interface MeasuredFigure extends Figure {
  readonly subject: string;
}

/** Who is told meanwhile. */
interface Told {
  begins(subject: string): void;
  /** What a subject wrote that is no figure, such as why nothing was measured. */
  says(text: string): void;
}

const exec = promisify(execFile);

/**
 * Measures every subject of a suite, each in a process of its own. They run one bundle, as a user's server would run
 * the library: no loader between, and the same code as in the package.
 */
export async function measureSuite(
  name: string,
  suite: Suite,
  effort: Effort,
  told: Told,
): Promise<MeasuredFigure[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  try {
    const bundle = join(folder, `${name}.mjs`);
    await bundleOf(fileURLToPath(new URL(`${name}/main.ts`, import.meta.url)), bundle);
    const figures: MeasuredFigure[] = [];
    for (const subject of Object.keys(suite)) {
      told.begins(subject);
      const { stdout, stderr } = await runApart(bundle, subject, effort);
      if (stderr !== "") told.says(stderr);
      for (const figure of JSON.parse(stdout) as Figure[]) figures.push({ ...figure, subject });
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bundleOf(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // pg asks for it and does without.
    external: ["pg-native"],
    // A package that is CommonJS requires what Node has built in.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
}

function runApart(
  bundle: string,
  subject: string,
  effort: Effort,
): Promise<{ stdout: string; stderr: string }> {
  return exec(process.execPath, ["--expose-gc", bundle, subject, JSON.stringify(effort)]);
}
