import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { startBroker } from "../brokers/broker-server.ts";
import { type BrokerName, brokerRecipes, postgresUrl } from "../brokers/recipes.ts";
import { waitUntil } from "../wait-until.ts";
import type { CommandPlan } from "./command-plans.ts";

type Serving = CommandPlan & { readonly how: "serve" };

/** Starts what a page tells to start, looks at each address that it names, and ends it as a host does. */
export async function serve(command: string, plan: Serving, folder: string): Promise<string> {
  if (plan.broker === undefined) return serveLine(command, plan, folder);
  const broker = await startBroker(brokerRecipes[plan.broker]);
  try {
    return await serveLine(withAddress(command, plan.broker, broker.port), plan, folder);
  } finally {
    await broker.remove();
  }
}

async function serveLine(line: string, plan: Serving, folder: string): Promise<string> {
  // A port of its own for those that take it from there. A group of its own, to end it whatever happens.
  const child = spawn("bash", ["-c", line], {
    cwd: folder,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const end = () => killGroup(child);
  process.once("exit", end);
  try {
    return await lookAt(child, plan);
  } finally {
    process.off("exit", end);
    killGroup(child);
  }
}

async function lookAt(child: ChildProcess, { shows, nodes = 1 }: Serving): Promise<string> {
  const exited = once(child, "exit");
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (text) => (output += text));
  const told = () => Array.from(output.matchAll(/process (\d+): (\S+)\n/g), ([, pid, url]) => ({ pid, url }));
  await waitUntil(
    () => told().length === nodes || child.exitCode !== null,
    () => `${nodes} addresses to be told; it says: ${output}`,
  );
  if (told().length !== nodes) throw new Error(`it ended with ${child.exitCode}: ${output}`);
  for (const { url } of told()) await look(url!, shows);
  const [, primary = told()[0]!.pid] = /process (\d+) carries messages/.exec(output) ?? [];
  process.kill(Number(primary), "SIGTERM");
  await waitUntil(
    () => child.exitCode !== null,
    () => `it to end when told to; it says: ${output}`,
  );
  const [code] = await exited;
  if (code !== 0) throw new Error(`told to end it exits with ${code}: ${output}`);
  return `${nodes} of ${nodes} pages at ${told()
    .map(({ url }) => url)
    .join(", ")} show ${shows}; ended with 0`;
}

async function look(address: string, shows: string): Promise<void> {
  const response = await fetch(address, { signal: AbortSignal.timeout(60_000) });
  const text = await response.text();
  if (response.status !== 200 || !text.includes(shows)) {
    throw new Error(`${address} answers ${response.status}, without ${shows}: ${text}`);
  }
}

/** The broker's own port in place of the usual one. */
function withAddress(command: string, broker: BrokerName, port: number): string {
  const address = broker === "postgres" ? postgresUrl(port) : `${broker}://127.0.0.1:${port}`;
  return command.replace(new RegExp(`${broker}://\\S+`), address);
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}
