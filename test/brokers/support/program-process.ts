import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { waitUntil } from "../../../scripts/wait-until.ts";

/** A process that runs a bundled program. It takes commands, and reports objects of which the last value of each name counts. */
export class ProgramProcess<Command extends object, Report extends object> {
  readonly name: string;
  readonly latest: Partial<Report> = {};
  readonly #process: ChildProcess;
  #hasEnded = false;

  constructor(name: string, path: string, onReport: (report: Report) => void = () => {}) {
    this.name = name;
    this.#process = fork(path, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
    this.#process.on("message", (report: Report) => {
      Object.assign(this.latest, report);
      onReport(report);
    });
    // The last reports may arrive after the exit, but not after this event.
    this.#process.on("disconnect", () => {
      this.#hasEnded = true;
    });
    // Sending to a dead process emits an error.
    this.#process.on("error", () => {});
  }

  send(command: Command): void {
    this.#process.send(command, () => {});
  }

  /** Waits until the reports hold. */
  async until(holds: (latest: Partial<Report>) => boolean, what: string): Promise<void> {
    await waitUntil(
      () => holds(this.latest) || this.#hasEnded,
      () => `${what} of ${this.name}: ${JSON.stringify(this.latest)}`,
    );
    if (!holds(this.latest))
      throw new Error(`${this.name} exited before ${what}: ${JSON.stringify(this.latest)}`);
  }

  async exited(): Promise<void> {
    if (!this.#hasExited) await once(this.#process, "exit");
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.exited();
  }

  get #hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }
}
