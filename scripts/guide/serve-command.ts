import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { startBroker } from "../brokers/broker-server.ts";
import { type BrokerName, brokerRecipes, postgresUrl } from "../brokers/recipes.ts";
import { waitUntil } from "../wait-until.ts";
import type { CommandPlan } from "./command-plans.ts";

type ServePlan = CommandPlan & { readonly how: "serve" };

/** Starts a command, loads the page at each address that it prints, and stops it with SIGTERM. */
export async function serve(command: string, plan: ServePlan, folder: string): Promise<string> {
  if (plan.broker === undefined) return serveLine(command, plan, folder);
  const broker = await startBroker(brokerRecipes[plan.broker]);
  try {
    return await serveLine(withAddress(command, plan.broker, broker.port), plan, folder);
  } finally {
    await broker.remove();
  }
}

async function serveLine(line: string, plan: ServePlan, folder: string): Promise<string> {
  // A free port for commands that read PORT. A process group, so that all of it can be killed.
  const child = spawn("bash", ["-c", line], {
    cwd: folder,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const end = () => killGroup(child);
  process.once("exit", end);
  try {
    return await checkPages(child, plan);
  } finally {
    process.off("exit", end);
    killGroup(child);
  }
}

async function checkPages(child: ChildProcess, { shows, nodes = 1 }: ServePlan): Promise<string> {
  const exited = once(child, "exit");
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (text) => (output += text));
  const started = () =>
    Array.from(output.matchAll(/process (\d+): (\S+)\n/g), ([, pid, url]) => ({ pid, url }));
  await waitUntil(
    () => started().length === nodes || child.exitCode !== null,
    () => `${nodes} addresses; the output is: ${output}`,
  );
  if (started().length !== nodes) throw new Error(`the command exited with ${child.exitCode}: ${output}`);
  for (const { url } of started()) await checkPage(url!, shows);
  const [, primary = started()[0]!.pid] = /process (\d+) starts and stops/.exec(output) ?? [];
  process.kill(Number(primary), "SIGTERM");
  await waitUntil(
    () => child.exitCode !== null,
    () => `the exit after SIGTERM; the output is: ${output}`,
  );
  const [code] = await exited;
  if (code !== 0) throw new Error(`after SIGTERM the command exited with ${code}: ${output}`);
  return `${nodes} of ${nodes} pages at ${started()
    .map(({ url }) => url)
    .join(", ")} show ${shows}; exited with 0`;
}

async function checkPage(address: string, shows: string): Promise<void> {
  const response = await fetch(address, { signal: AbortSignal.timeout(60_000) });
  const text = await response.text();
  if (response.status !== 200 || !text.includes(shows)) {
    throw new Error(`${address} answered ${response.status} without ${shows}: ${text}`);
  }
}

/** Replaces the default address of the broker with the real one. */
function withAddress(command: string, broker: BrokerName, port: number): string {
  const address = broker === "postgres" ? postgresUrl(port) : `${broker}://127.0.0.1:${port}`;
  return command.replace(new RegExp(`${broker}://\\S+`), address);
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // The group has exited already.
  }
}
