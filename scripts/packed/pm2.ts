import { execFile, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { WebSocket } from "ws";
import { type BrokerServer, freePort, startBroker } from "../brokers/broker-server.ts";
import { brokerRecipes, isInstalled } from "../brokers/recipes.ts";
import { waitUntil } from "../wait-until.ts";
import { type Project, root } from "./project.ts";

const READERS = 20;

/** What stands in for the pub/sub of the sample, which is for one process. */
const DRIVER = `redisPubSub({ publisher, subscriber })`;
const CLIENTS = `
import { createClient } from "redis";
import { redisPubSub } from "rollcall/pubsub/redis";
const publisher = await createClient({ url: process.env.REDIS_URL }).connect();
const subscriber = await publisher.duplicate().connect();
`;
const CLOSING = "await Promise.all([publisher.close(), subscriber.close()]);";
/** Prints each number that this process shows, and answers a request with the present one. */
const REPORT = `
const report = () => ({ pid: process.pid, count: presence.count("lobby") });
presence.subscribe("lobby", () => console.log(JSON.stringify(report())));
server.on("request", (_, response) => response.end(JSON.stringify(report())));
`;

interface Report {
  readonly pid: number;
  readonly count: number;
}

/**
 * PM2 runs the server of docs/deploys.md, with the driver for Redis, in the cluster mode of docs/environments.md. Two
 * instances show the same count, a reload changes no count, and PM2 never has to kill a process.
 */
export async function checkPm2(project: Project): Promise<string> {
  if (!isInstalled("redis")) return "SKIPPED: install Debian's redis-server to run it";
  const home = join(project.folder, "pm2-home");
  const environment = { ...process.env, PM2_HOME: home };
  const pm2 = join(project.folder, "node_modules/.bin/pm2");
  // The daemon of PM2 outlives us. It must end before the folder of the project is removed.
  const end = () => existsSync(home) && spawnSync(pm2, ["kill"], { env: environment });
  process.prependOnceListener("exit", end);
  const redis = await startBroker(brokerRecipes.redis);
  try {
    return await runInCluster(project, redis, async (...args) => {
      const { stdout } = await promisify(execFile)(pm2, args, { cwd: project.folder, env: environment });
      return stdout;
    });
  } catch (error) {
    throw new Error(`${linesIn(home).join("\n")}\n${error}`, { cause: error });
  } finally {
    end();
    process.off("exit", end);
    await redis.remove();
  }
}

async function runInCluster(
  project: Project,
  redis: BrokerServer,
  pm2: (...args: readonly string[]) => Promise<string>,
): Promise<string> {
  const port = await freePort();
  const ecosystem = sampleOf("environments.md", /^```js\n(\/\/ ecosystem.*?)^```$/ms);
  project.write("ecosystem.config.cjs", replaced(ecosystem, { '"max"': "2" }));
  project.write("server.js", serverOn(port, redis.port));
  await pm2("start", "ecosystem.config.cjs");

  const readers = new Readers(port);
  try {
    await waitUntil(() => readers.open === READERS, "all readers to be connected");
    const before = await waitForCounts(port);
    await pm2("reload", "web");
    await waitUntil(() => readers.open === READERS, "all readers to be connected again");
    const after = await waitForCounts(port);
    await pm2("stop", "web");
    if (after.some((pid) => before.includes(pid))) throw new Error(`${before} were not replaced: ${after}`);
    checkReports(project, before, after);
    checkLog(project);
  } finally {
    readers.close();
  }
  return `two instances in PM2's cluster mode show ${READERS} readers, before, during and after a reload`;
}

/** The number grew to all readers while they connected, and did not change afterwards. */
function checkReports({ folder }: Project, before: readonly number[], after: readonly number[]): void {
  const lines = linesIn(join(folder, "pm2-home/logs"));
  if (!lines.every((line) => line.startsWith("{"))) throw new Error("a process printed an error");
  const reports = lines.map((line) => JSON.parse(line) as Report);
  const countsOf = (pid: number) => reports.filter((report) => report.pid === pid).map(({ count }) => count);
  for (const pid of [...before, ...after]) {
    const counts = countsOf(pid);
    const first = after.includes(pid) ? READERS : 0;
    const isSteady = counts.every((count, at) => count >= (counts[at - 1] ?? first) && count <= READERS);
    if (counts.at(-1) !== READERS || !isSteady) throw new Error(`process ${pid} showed ${counts}`);
  }
}

/** The lines of the logs in a folder. */
function linesIn(folder: string): readonly string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".log"),
  );
  return paths.flatMap((path) => readFileSync(join(folder, path), "utf8").split("\n").filter(Boolean));
}

/** PM2 waited until each new process listened, and each of the four processes ended by itself. */
function checkLog({ folder }: Project): void {
  const log = readFileSync(join(folder, "pm2-home/pm2.log"), "utf8");
  const ended = log.match(/ exited with code \[0\] via signal \[SIGINT\]/g)?.length;
  const listening = log.match(/ New worker listening/g)?.length;
  if (ended !== 4 || listening !== 2 || log.includes("SIGKILL")) {
    throw new Error(`${listening} of 2 new processes listened, and ${ended} of 4 ended by themselves`);
  }
}

/** Waits until two processes show all readers, and returns their ids. */
async function waitForCounts(port: number): Promise<readonly number[]> {
  const counts = new Map<number, number>();
  await waitUntil(
    async () => {
      const { pid, count } = await ask(port);
      counts.set(pid, count);
      return counts.size === 2 && [...counts.values()].every((count) => count === READERS);
    },
    () => `two processes with ${READERS} readers, and not ${JSON.stringify([...counts])}`,
  );
  return [...counts.keys()];
}

async function ask(port: number): Promise<Report> {
  const response = await fetch(`http://127.0.0.1:${port}`, { headers: { connection: "close" } });
  return (await response.json()) as Report;
}

/** Pages that stay open: each connects again when its connection ends. */
class Readers {
  readonly #port: number;
  readonly #sockets = new Set<WebSocket>();
  #isClosed = false;

  constructor(port: number) {
    this.#port = port;
    for (let reader = 0; reader < READERS; reader++) this.#connect();
  }

  get open(): number {
    return [...this.#sockets].filter(({ readyState }) => readyState === WebSocket.OPEN).length;
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.terminate();
  }

  #connect(): void {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}`);
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", async () => {
      this.#sockets.delete(socket);
      await pause(100);
      if (!this.#isClosed) this.#connect();
    });
  }
}

/** The server of docs/deploys.md with Redis in place of the memory of one process. */
function serverOn(port: number, redisPort: number): string {
  const sample = sampleOf("deploys.md", /^```ts\n(.*?)^```$/ms);
  return replaced(sample, {
    'import { WebSocketServer } from "ws";\n': `import { WebSocketServer } from "ws";\n${CLIENTS}`,
    "memoryPubSub()": DRIVER,
    "process.env.REDIS_URL": `"redis://127.0.0.1:${redisPort}"`,
    "// 3. then close the pub/sub and its broker clients": CLOSING,
    "server.listen(4000);": `${REPORT}server.listen(${port}, "127.0.0.1");`,
  });
}

function sampleOf(page: string, pattern: RegExp): string {
  const [, sample] = pattern.exec(readFileSync(`${root}docs/${page}`, "utf8")) ?? [];
  if (sample === undefined) throw new Error(`docs/${page} has no sample ${pattern}`);
  return sample;
}

function replaced(text: string, parts: Readonly<Record<string, string>>): string {
  let result = text;
  for (const [part, other] of Object.entries(parts)) {
    if (!result.includes(part)) throw new Error(`the sample no longer contains ${part}`);
    result = result.replace(part, other);
  }
  return result;
}
