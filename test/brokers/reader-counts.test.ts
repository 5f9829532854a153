import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BrokerServer, startBroker } from "../../scripts/brokers/broker-server.ts";
import { type DriverName, drivers } from "../../scripts/brokers/drivers.ts";
import { brokerRecipes, isInstalled } from "../../scripts/brokers/recipes.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { bundle } from "../support/bundle.ts";
import { figuresOf, printFigures } from "../support/number-over-time.ts";
import { PROBE_EVERY_MS } from "./support/message-times.ts";
import { ProgramProcess } from "./support/program-process.ts";
import type { ReaderPagesCommand, ReaderPagesReport } from "./support/reader-pages.ts";
import type { ReaderServerCommand, ReaderServerReport } from "./support/reader-server.ts";

type Server = ProgramProcess<ReaderServerCommand, ReaderServerReport>;
type Pages = ProgramProcess<ReaderPagesCommand, ReaderPagesReport>;

const CITIES = ["tokyo", "paris", "osaka", "lima", "oslo"];
const READERS = 1_000;
const RIGHT = { least: 0.99 * READERS, most: 1.01 * READERS };
/** Longer than a page needs to come back on a busy machine. */
const LEAVE_DELAY_MS = 10_000;
const FLUSH_MS = 10;

let program: Awaited<ReturnType<typeof bundle>>;
let pagesProgram: Awaited<ReturnType<typeof bundle>>;

beforeAll(async () => {
  program = await bundle(new URL("./support/reader-server.ts", import.meta.url));
  pagesProgram = await bundle(new URL("./support/reader-pages.ts", import.meta.url));
});

afterAll(() => {
  program.remove();
  pagesProgram.remove();
});

describe("five processes", () => {
  for (const [driver, names] of [
    ["redis", "fresh"],
    ["nats", "stable"],
    ["postgres", "fresh"],
  ] as const) {
    const { broker } = drivers[driver];
    // One after the other: side by side, they would take each other's processors.
    it.skipIf(!isInstalled(broker))(
      `over ${driver} show 1 000 readers of one key within one percent, up to the time of a message, while all are replaced under ${names} names`,
      async () => {
        const deploy = new ReaderDeploy(driver, await startBroker(brokerRecipes[broker]));
        try {
          await deploy.start();
          await deploy.replaceAll(names);
          await deploy.end();
          deploy.check();
        } finally {
          await deploy.stop();
        }
      },
    );
  }
});

/** Five servers over a broker, and the pages of all readers. */
class ReaderDeploy {
  readonly #driver: DriverName;
  readonly #broker: BrokerServer;
  readonly #problems: string[] = [];
  readonly #closed: NonNullable<ReaderServerReport["closed"]>[] = [];
  readonly #started: { kill(): Promise<void> }[] = [];
  #servers: Server[] = [];
  #pages!: Pages;

  constructor(driver: DriverName, broker: BrokerServer) {
    this.#driver = driver;
    this.#broker = broker;
  }

  async start(): Promise<void> {
    this.#servers = await Promise.all(CITIES.map((name) => this.#startServer(name)));
    this.#pages = new ProgramProcess("pages", pagesProgram.path);
    this.#started.push(this.#pages);
    await this.#pages.until(({ listening }) => listening === true, "the start");
    this.#balance();
    this.#pages.send({ open: READERS });
    await this.#pages.until(({ counted }) => counted === READERS, "all pages");
    await this.#allShow(READERS);
    for (const server of this.#servers) server.send({ measure: RIGHT });
    // A page that opens right before another one closes would be taken for that one.
    await pause(1_000);
    this.#pages.send({ reloadEveryMs: 20_000 });
    await pause(1_000);
  }

  /** Closes each process in turn, and starts a new one half a second later. */
  async replaceAll(names: "fresh" | "stable"): Promise<void> {
    for (const old of [...this.#servers]) {
      this.#servers = this.#servers.filter((server) => server !== old);
      this.#balance();
      await this.#close(old);
      await pause(500);
      const server = await this.#startServer(names === "stable" ? old.name : `${old.name} again`);
      server.send({ measure: RIGHT });
      this.#servers.push(server);
      this.#balance();
    }
  }

  /** Ends the reloads, waits until each process shows exactly the readers, and closes all. */
  async end(): Promise<void> {
    this.#pages.send({ reloadEveryMs: 0 });
    await this.#pages.until(({ counted }) => counted === READERS, "all pages");
    await this.#allShow(READERS);
    await Promise.all(this.#servers.map((server) => this.#close(server)));
  }

  check(): void {
    const figures = figuresOf(this.#closed.map(({ number }) => number));
    const longestMessageMs = Math.max(...this.#closed.map((each) => each.longestMessageMs));
    const { longestAwayMs } = this.#pages.latest;
    printFigures(`${READERS} readers through a deploy over ${this.#driver}`, figures);
    process.stdout.write(
      `a message took up to ${longestMessageMs.toFixed(1)} ms, a page was away for up to ${longestAwayMs!.toFixed()} ms\n`,
    );
    expect(this.#problems).toEqual([]);
    expect(longestAwayMs).toBeLessThan(LEAVE_DELAY_MS);
    expect(figures.longestWrongMs).toBeLessThanOrEqual(FLUSH_MS + longestMessageMs + PROBE_EVERY_MS);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#started.map((each) => each.kill()));
    await this.#broker.remove();
  }

  async #startServer(name: string): Promise<Server> {
    const server: Server = new ProgramProcess(name, program.path, ({ problem }) => {
      if (problem !== undefined) this.#problems.push(`${name}: ${problem}`);
    });
    this.#started.push(server);
    await server.until(({ listening }) => listening === true, "the start");
    const { port: brokerPort } = this.#broker;
    server.send({
      start: { driver: this.#driver, brokerPort, replicaName: name, leaveDelayMs: LEAVE_DELAY_MS },
    });
    await server.until(({ port }) => port !== undefined, "its port");
    expect(server.latest.synced).toBe(true);
    return server;
  }

  async #close(server: Server): Promise<void> {
    server.send({ close: true });
    await server.until(({ closed }) => closed !== undefined, "the close");
    this.#closed.push(server.latest.closed!);
  }

  /** Tells the pages which servers there are. */
  #balance(): void {
    this.#pages.send({ ports: this.#servers.map(({ latest }) => latest.port!) });
  }

  async #allShow(number: number): Promise<void> {
    const shown = () => this.#servers.map(({ latest }) => latest.shown);
    await waitUntil(
      () => shown().every((each) => each === number),
      () => `${number} readers on each server; they show ${shown()}`,
    );
  }
}
