import type { PresenceMeta } from "../../payload.ts";
import { Tracker } from "../../tracker/tracker.ts";
import { seededRandom } from "../seeded-random.ts";
import { contentOf } from "./checks/content.ts";
import { deadlineOf } from "./checks/deadlines.ts";
import { type Watched, Witness } from "./checks/diff-auditor.ts";
import { Hearing } from "./checks/known-replicas.ts";
import type { Ledger, Life, Row } from "./checks/ledger.ts";
import { Holdings } from "./checks/owned-presences.ts";
import type { Surroundings } from "./cluster-context.ts";
import { type Header, headerHeard, headerOf } from "./message-header.ts";
import { Process } from "./pausable-runtime.ts";

/** Which node it is of. */
export interface IncarnationOptions {
  /** What the network calls the node. */
  readonly label: string;
  readonly replicaName: string;
  /** The wall clock of its machine. */
  readonly wallNow: () => number;
  readonly seed: number;
}

/** One process of a node: the production tracker, and all that watches it. */
export class Incarnation implements Watched {
  readonly label: string;
  readonly process: Process;
  readonly tracker: Tracker;
  readonly witness: Witness;
  readonly holdings: Holdings;
  readonly hearing: Hearing;
  readonly startedAt: number;
  readonly #cluster: Surroundings;
  #life: Life | undefined;
  #isClosed = false;

  constructor(cluster: Surroundings, { label, replicaName, wallNow, seed }: IncarnationOptions) {
    this.label = label;
    this.#cluster = cluster;
    this.startedAt = cluster.now;
    this.witness = new Witness(this);
    this.holdings = new Holdings(cluster.ledger);
    this.hearing = new Hearing(cluster.settings.permdownPeriodMs);
    this.process = new Process({
      queue: cluster.queue,
      wallNow,
      work: (task) => this.#work(task),
      heard: (bytes) => this.#heard(headerHeard(bytes), bytes.length),
      sent: (bytes) => this.#sent(bytes),
    });
    this.tracker = new Tracker({
      ...cluster.trackerOptions,
      replicaName,
      pubsub: this.process.gate(cluster.network.wrap(label, cluster.bus.connect())),
      clock: this.process.clock,
      random: seededRandom(seed),
    });
    this.#listen();
    void this.tracker.subscribe();
    this.tracker.begin();
    this.#recognize();
    this.settle();
  }

  get ledger(): Ledger {
    return this.#cluster.ledger;
  }

  /** What it goes by now. */
  get life(): Life {
    return this.#life!;
  }

  /** Whether it is there for its callers: neither stopped nor closed, though it may be paused. */
  get isLive(): boolean {
    return !this.#isClosed && (this.process.isRunning || this.process.isPaused);
  }

  /** Ends as by SIGKILL. */
  crash(): void {
    this.process.stop();
    this.#end();
  }

  /** Closes, gracefully: the rest happens as time moves on. */
  close(options: { leave?: boolean }): void {
    const leaves = options.leave ?? false;
    if (leaves) this.life.lingerMs = 0;
    this.#isClosed = true;
    this.tracker.close(options).catch((error: Error) => this.broke(`close() failed: ${error.message}`));
    this.#end();
    this.settle();
  }

  /** Looks whether all is as promised, and throws what is not. */
  settle(): void {
    if (this.isLive) this.witness.settle(this.tracker);
    this.#cluster.rethrow();
  }

  // What the witness asks.

  claim(meta: PresenceMeta, topic: string, key: string, left: ReadonlySet<string>): Row | undefined {
    const id = meta.phx_ref.slice(0, meta.phx_ref.lastIndexOf("."));
    if (id !== this.life.id) return undefined;
    const presence = { topic, key, content: contentOf(meta) };
    return this.holdings.claim(meta, presence, this.life, left, this.#cluster.now);
  }

  refuses(row: Row): string | undefined {
    return this.hearing.isGone(row.life.id, this.#cluster.now)
      ? "though its replica had left, or a newer start had taken its place"
      : undefined;
  }

  regrets(row: Row): string | undefined {
    const { now } = this.#cluster;
    if (row.life === this.life) {
      const isHeld = row.endsAt === Number.POSITIVE_INFINITY;
      return isHeld && !this.holdings.isInCall ? "though its owner holds it" : undefined;
    }
    const clear = this.#cluster.clearness(this.label, row.life.node);
    const deadline = deadlineOf(row, this.hearing, clear, this.#cluster);
    if (now > deadline.at) return `${Math.round(now - deadline.at)} ms later than it had to: ${deadline.why}`;
    const isHeld = row.endsAt === Number.POSITIVE_INFINITY && row.life.endedAt === Number.POSITIVE_INFINITY;
    const isCalm = now - clear.between > this.#cluster.calmMs;
    if (!isHeld || !isCalm || this.hearing.isGone(row.life.id, now)) return undefined;
    return "though its owner holds it, and both nodes hear each other";
  }

  broke(what: string): void {
    this.#cluster.broke(this.label, what);
  }

  #listen(): void {
    const { story } = this.#cluster;
    this.tracker.on("diff", (diff, cause) => {
      this.#recognize();
      for (const [topic, { joins, leaves }] of diff) {
        story.note(Object.keys(joins).length, Object.keys(leaves).length);
        story.tell(this.label, () => `sees in ${topic}:${refs("+", joins)}${refs("-", leaves)} (${cause})`);
      }
      this.witness.replay(diff);
    });
    for (const event of ["replica-up", "replica-down", "replica-permdown"] as const) {
      this.tracker.on(event, ({ name, id }) => story.tell(this.label, () => `has ${event}: ${name} (${id})`));
    }
    this.tracker.on("replica-up", ({ id }) => {
      this.hearing.cameUp(this.ledger.lives.get(id)!, this.#cluster.now);
    });
    this.tracker.on("replica-permdown", ({ id }) => this.hearing.forgot(this.ledger.lives.get(id)!));
    this.tracker.on("replica-down", ({ name }) => this.#cluster.tookForDown(this.label, name));
    this.tracker.on("warning", (warning) => {
      story.tell(this.label, () => `warns: ${warning.code}: ${warning.message}`);
      this.#cluster.warned(this.label, warning);
    });
    this.tracker.on("error", (error) => {
      story.tell(this.label, () => `reports an error: ${error.message}`);
      if (!this.#cluster.network.isOut(this.label)) this.broke(`reported an error: ${error.message}`);
    });
  }

  /** One piece of work of the process. */
  #work(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.broke(`threw ${(error as Error).stack ?? error}`);
    }
    this.settle();
  }

  #heard({ kind, counter, sender }: Header, length: number): void {
    const { ledger, now, story } = this.#cluster;
    story.note(counter, length);
    const life = ledger.lives.get(sender.id);
    if (life === undefined) {
      this.broke(`heard a ${kind} of ${sender.name} (${sender.id}), which was never there`);
      return;
    }
    this.#cluster.arrived(this.label, life);
    this.hearing.heard({ kind, counter, sender }, life, now);
  }

  #sent(bytes: Uint8Array): void {
    const { kind } = headerOf(bytes);
    this.#recognize();
    this.#cluster.story.noteBytes(bytes);
    this.#cluster.traffic.sent(kind, bytes.length);
  }

  /** Finds out by which id it goes, which it may change. */
  #recognize(): void {
    const { self } = this.tracker.replication;
    if (self.id !== this.#life?.id) this.#rename(self);
  }

  #rename(sender: Header["sender"]): void {
    const { ledger, settings, now, story } = this.#cluster;
    const known = ledger.lives.get(sender.id);
    if (this.#life !== undefined && this.#life !== known) {
      this.#life.endedAt = now;
      story.tell(this.label, () => `goes by ${sender.name} (${sender.id}) from now on`);
    }
    this.#life = known ?? ledger.begin(this.label, sender, settings.leaveDelayMs);
    this.#cluster.renamed(this.label);
  }

  #end(): void {
    this.life.endedAt = this.#cluster.now;
    this.holdings.clear();
  }
}

function refs(
  sign: string,
  changes: Readonly<Record<string, { readonly metas: readonly PresenceMeta[] }>>,
): string {
  return Object.entries(changes)
    .flatMap(([key, { metas }]) => metas.map((meta) => ` ${sign}${key} (${meta.phx_ref})`))
    .join("");
}
