import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { waitUntil } from "../../scripts/wait-until.ts";
import { stopProcess } from "./stop-process.ts";

const main = fileURLToPath(new URL("../../examples/live-readers/main.ts", import.meta.url));

/** The blog, running in its own processes. */
export interface BlogProcess {
  /** The address of each node, in their order. */
  readonly urls: readonly string[];
  /** The numbers in the HTML of a node's front page, by slug. */
  counts(node?: number): Promise<Map<string, number>>;
  /** Everything that the processes have printed. */
  output(): string;
  kill(node: number, signal: "SIGKILL" | "SIGTERM"): void;
  /** Stops all nodes with SIGTERM, as a service manager does. Resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Starts the blog on free ports, unless `args` has a `--port`. Resolves when all nodes listen. */
export async function startBlog(nodes: number, ...args: string[]): Promise<BlogProcess> {
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const child = spawn(
    process.execPath,
    ["--import", "tsx", main, "--nodes", String(nodes), ...port, ...args],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  // Also when the tests are aborted.
  const endWithTests = () => void child.kill("SIGTERM");
  process.once("exit", endWithTests);
  child.once("exit", () => process.off("exit", endWithTests));
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  const listening = () =>
    Array.from(output.matchAll(/^node (\d+), process (\d+): (\S+)$/gm), ([, number, pid, url]) => ({
      number: Number(number),
      pid: Number(pid),
      url: url!,
    })).sort((one, other) => one.number - other.number);
  await waitUntil(
    () => listening().length === nodes || child.exitCode !== null,
    () => `${nodes} nodes to listen: ${output}`,
  );
  if (child.exitCode !== null) throw new Error(`the blog did not start: ${output}`);
  const running = listening();
  return {
    urls: running.map(({ url }) => url),
    counts: async (node = 0) => countsIn(await (await fetch(running[node]!.url)).text()),
    output: () => output,
    kill: (node, signal) => process.kill(running[node]!.pid, signal),
    stop: () => stopProcess(child),
  };
}

/** The numbers of readers in the HTML of a page, by slug. */
export function countsIn(html: string): Map<string, number> {
  const found = html.matchAll(/data-readers="([^"]*)" data-count="(\d+)"><b>(\d+)<\/b> reading now/g);
  return new Map(Array.from(found, ([, slug, , shown]) => [slug!, Number(shown)]));
}
