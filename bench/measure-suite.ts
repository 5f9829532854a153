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

/** Called while a suite is measured. */
interface MeasureListener {
  onSubject(subject: string): void;
  /** Called with the other output of a subject, such as the reason why it measured nothing. */
  onOutput(text: string): void;
}

const exec = promisify(execFile);

/**
 * Measures every subject of a suite, each in a process of its own. The processes run one bundle without a loader, so
 * the code is the same as in the package.
 */
export async function measureSuite(
  name: string,
  suite: Suite,
  effort: Effort,
  listener: MeasureListener,
): Promise<MeasuredFigure[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  try {
    const bundle = join(folder, `${name}.mjs`);
    await bundleProgram(fileURLToPath(new URL(`${name}/run-${name}.ts`, import.meta.url)), bundle);
    const figures: MeasuredFigure[] = [];
    for (const subject of Object.keys(suite)) {
      listener.onSubject(subject);
      const { stdout, stderr } = await runProcess(bundle, subject, effort);
      if (stderr !== "") listener.onOutput(stderr);
      for (const figure of JSON.parse(stdout) as Figure[]) figures.push({ ...figure, subject });
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bundleProgram(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // An optional dependency of pg.
    external: ["pg-native"],
    // CommonJS packages in the bundle call `require` for the modules of Node.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
}

function runProcess(
  bundle: string,
  subject: string,
  effort: Effort,
): Promise<{ stdout: string; stderr: string }> {
  return exec(process.execPath, ["--expose-gc", bundle, subject, JSON.stringify(effort)]);
}
