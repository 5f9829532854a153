import type { PresenceMeta } from "../../payload.ts";
import { assembleTracker } from "../../tracker/create-tracker.ts";
import type { Tracker } from "../../tracker/tracker.ts";
import type { TrackerCore } from "../../tracker/tracker-core.ts";
import { seededRandom } from "../seeded-random.ts";
import { contentOf } from "./checks/content.ts";
import { deadlineOf } from "./checks/deadlines.ts";
import { type AuditedNode, DiffAuditor } from "./checks/diff-auditor.ts";
import { KnownReplicas } from "./checks/known-replicas.ts";
import type { IncarnationRecord, Ledger, TrackedPresence } from "./checks/ledger.ts";
import { OwnedPresences } from "./checks/owned-presences.ts";
import type { ClusterContext } from "./cluster-context.ts";
import { type MessageHeader, readHeader, readHeaderOnce } from "./message-header.ts";
import { PausableRuntime } from "./pausable-runtime.ts";

/** Which node it is of. */
export interface SimulatedProcessOptions {
  /** What the network calls the node. */
  readonly label: string;
  readonly replicaName: string;
  /** The wall clock of its machine. */
  readonly wallNow: () => number;
  readonly seed: number;
}

/** One process of a node: the production tracker, and all that watches it. */
export class SimulatedProcess implements AuditedNode {
  readonly label: string;
  readonly runtime: PausableRuntime;
  readonly tracker: Tracker;
  readonly core: TrackerCore;
  readonly auditor: DiffAuditor;
  readonly ownedPresences: OwnedPresences;
  readonly knownReplicas: KnownReplicas;
  readonly startedAt: number;
  readonly #cluster: ClusterContext;
  #life: IncarnationRecord | undefined;
  #isClosed = false;

  constructor(cluster: ClusterContext, { label, replicaName, wallNow, seed }: SimulatedProcessOptions) {
    this.label = label;
    this.#cluster = cluster;
    this.startedAt = cluster.now;
    this.auditor = new DiffAuditor(this);
    this.ownedPresences = new OwnedPresences(cluster.ledger);
    this.knownReplicas = new KnownReplicas(cluster.times.permdownPeriodMs);
    this.runtime = new PausableRuntime({
      queue: cluster.queue,
      wallNow,
      work: (task) => this.#work(task),
      heard: (bytes) => this.#heard(readHeaderOnce(bytes), bytes.length),
      sent: (bytes) => this.#sent(bytes),
    });
    const { tracker, core } = assembleTracker({
      ...cluster.trackerOptions,
      replicaName,
      pubsub: this.runtime.wrap(cluster.network.wrap(label, cluster.bus.connect())),
      clock: this.runtime.clock,
      random: seededRandom(seed),
    });
    this.tracker = tracker;
    this.core = core;
    this.#listen();
    void core.subscribe();
    core.start();
    this.#recognize();
    this.check();
  }

  get ledger(): Ledger {
    return this.#cluster.ledger;
  }

  /** What it goes by now. */
  get incarnation(): IncarnationRecord {
    return this.#life!;
  }

  /** Whether it is there for its callers: neither stopped nor closed, though it may be paused. */
  get isLive(): boolean {
    return !this.#isClosed && (this.runtime.isRunning || this.runtime.isPaused);
  }

  /** Ends as by SIGKILL. */
  crash(): void {
    this.runtime.stop();
    this.#end();
  }

  /** Closes, gracefully: the rest happens as time moves on. */
  close(options: { leave?: boolean }): void {
    const leaves = options.leave ?? false;
    if (leaves) this.incarnation.leaveAfterMs = 0;
    this.#isClosed = true;
    this.tracker.close(options).catch((error: Error) => this.broke(`close() failed: ${error.message}`));
    this.#end();
    this.check();
  }

  /** Looks whether all is as promised, and throws what is not. */
  check(): void {
    if (this.isLive) this.auditor.compare(this.tracker);
    this.#cluster.throwIfBroken();
  }

  // What the witness asks.

  claim(
    meta: PresenceMeta,
    topic: string,
    key: string,
    left: ReadonlySet<string>,
  ): TrackedPresence | undefined {
    const id = meta.phx_ref.slice(0, meta.phx_ref.lastIndexOf("."));
    if (id !== this.incarnation.id) return undefined;
    const presence = { topic, key, content: contentOf(meta) };
    return this.ownedPresences.recordRef(meta, presence, this.incarnation, left, this.#cluster.now);
  }

  whyJoinIsWrong(row: TrackedPresence): string | undefined {
    return this.knownReplicas.isRefused(row.incarnation.id, this.#cluster.now)
      ? "though its replica had left, or a newer start had taken its place"
      : undefined;
  }

  whyLeaveIsWrong(row: TrackedPresence): string | undefined {
    const { now } = this.#cluster;
    if (row.incarnation === this.incarnation) {
      const isHeld = row.endsAt === Number.POSITIVE_INFINITY;
      return isHeld && !this.ownedPresences.isInCall ? "though its owner holds it" : undefined;
    }
    const clear = this.#cluster.troubleFreeSince(this.label, row.incarnation.node);
    const deadline = deadlineOf(row, this.knownReplicas, clear, this.#cluster);
    if (now > deadline.at) return `${Math.round(now - deadline.at)} ms later than it had to: ${deadline.why}`;
    const isHeld =
      row.endsAt === Number.POSITIVE_INFINITY && row.incarnation.endedAt === Number.POSITIVE_INFINITY;
    const isCalm = now - clear.between > this.#cluster.settleMs;
    if (!isHeld || !isCalm || this.knownReplicas.isRefused(row.incarnation.id, now)) return undefined;
    return "though its owner holds it, and both nodes hear each other";
  }

  broke(what: string): void {
    this.#cluster.reportBrokenPromise(this.label, what);
  }

  #listen(): void {
    const { log } = this.#cluster;
    this.tracker.on("diff", (diff, cause) => {
      this.#recognize();
      for (const [topic, { joins, leaves }] of diff) {
        log.addToHash(Object.keys(joins).length, Object.keys(leaves).length);
        log.addLine(this.label, () => `sees in ${topic}:${refs("+", joins)}${refs("-", leaves)} (${cause})`);
      }
      this.auditor.replay(diff);
    });
    for (const event of ["replica-up", "replica-down", "replica-permdown"] as const) {
      this.tracker.on(event, ({ name, id }) =>
        log.addLine(this.label, () => `has ${event}: ${name} (${id})`),
      );
    }
    this.tracker.on("replica-up", ({ id }) => {
      this.knownReplicas.cameUp(this.ledger.incarnations.get(id)!, this.#cluster.now);
    });
    this.tracker.on("replica-permdown", ({ id }) =>
      this.knownReplicas.forgot(this.ledger.incarnations.get(id)!),
    );
    this.tracker.on("replica-down", ({ name }) => this.#cluster.declaredDown(this.label, name));
    this.tracker.on("warning", (warning) => {
      log.addLine(this.label, () => `warns: ${warning.code}: ${warning.message}`);
      this.#cluster.warned(this.label, warning);
    });
    this.tracker.on("error", (error) => {
      log.addLine(this.label, () => `reports an error: ${error.message}`);
      if (!this.#cluster.network.isDisconnected(this.label))
        this.broke(`reported an error: ${error.message}`);
    });
  }

  /** One piece of work of the process. */
  #work(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.broke(`threw ${(error as Error).stack ?? error}`);
    }
    this.check();
  }

  #heard({ kind, counter, sender }: MessageHeader, length: number): void {
    const { ledger, now, log } = this.#cluster;
    log.addToHash(counter, length);
    const incarnation = ledger.incarnations.get(sender.id);
    if (incarnation === undefined) {
      this.broke(`heard a ${kind} of ${sender.name} (${sender.id}), which was never there`);
      return;
    }
    this.#cluster.arrived(this.label, incarnation);
    this.knownReplicas.messageArrived({ kind, counter, sender }, incarnation, now);
  }

  #sent(bytes: Uint8Array): void {
    const { kind } = readHeader(bytes);
    this.#recognize();
    this.#cluster.log.addBytesToHash(bytes);
    this.#cluster.traffic.sent(kind, bytes.length);
  }

  /** Finds out by which id it goes, which it may change. */
  #recognize(): void {
    const { self } = this.core.replication;
    if (self.id !== this.#life?.id) this.#rename(self);
  }

  #rename(sender: MessageHeader["sender"]): void {
    const { ledger, times, now, log } = this.#cluster;
    const known = ledger.incarnations.get(sender.id);
    if (this.#life !== undefined && this.#life !== known) {
      this.#life.endedAt = now;
      log.addLine(this.label, () => `goes by ${sender.name} (${sender.id}) from now on`);
    }
    this.#life = known ?? ledger.begin(this.label, sender, times.leaveDelayMs);
    this.#cluster.idChanged(this.label);
  }

  #end(): void {
    this.incarnation.endedAt = this.#cluster.now;
    this.ownedPresences.clear();
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
