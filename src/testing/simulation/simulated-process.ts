import type { PresenceMeta } from "../../payload.ts";
import type { Counts } from "../../presence/count-only.ts";
import type { Tracker } from "../../tracker/tracker.ts";
import type { TrackerCore } from "../../tracker/tracker-core.ts";
import { seededRandom } from "../seeded-random.ts";
import { type AssembledNode, assembleNode, type NodeCalls } from "./assemble-node.ts";
import { CountAuditor } from "./checks/count-auditor.ts";
import { deadlineOf } from "./checks/deadlines.ts";
import { type AuditedNode, DiffAuditor } from "./checks/diff-auditor.ts";
import { KnownReplicas } from "./checks/known-replicas.ts";
import { contentOf, type IncarnationRecord, type Ledger, type TrackedPresence } from "./checks/ledger.ts";
import { OwnedPresences, type RequestedPresence } from "./checks/owned-presences.ts";
import type { ClusterContext } from "./cluster-context.ts";
import { type MessageHeader, readHeader, readHeaderOnce } from "./message-header.ts";
import { PausableRuntime } from "./pausable-runtime.ts";
import { type SimulatedTrackerOptions, type TrackerTimes, trackerTimesOf } from "./tracker-times.ts";

export interface SimulatedProcessOptions {
  /** The simulation's name of the node. */
  readonly label: string;
  readonly replicaName: string;
  readonly trackerOptions: SimulatedTrackerOptions;
  /** The wall clock of the node's machine. */
  readonly wallNow: () => number;
  readonly seed: number;
}

/** One process of a node: the production tracker, and everything that checks it. */
export class SimulatedProcess implements AuditedNode {
  readonly label: string;
  readonly runtime: PausableRuntime;
  readonly calls: NodeCalls;
  /** The tracker, unless the node replicates counts. */
  readonly tracker: Tracker | undefined;
  /** The presence of a node that replicates counts. */
  readonly presence: AssembledNode["presence"];
  readonly core: TrackerCore;
  readonly auditor: DiffAuditor;
  readonly countAuditor: CountAuditor | undefined;
  readonly ownedPresences: OwnedPresences;
  readonly knownReplicas: KnownReplicas;
  readonly startedAt: number;
  readonly times: TrackerTimes;
  /** The heartbeat intervals that it has warned of. */
  readonly reportedIntervals: Set<number> = new Set();
  readonly #cluster: ClusterContext;
  #incarnation: IncarnationRecord | undefined;
  #isClosed = false;
  /** How many messages arrived that no node has sent. */
  #forgedCount = 0;
  /** How many messages it sent, and how many changes it reported. */
  #actionCount = 0;

  constructor(cluster: ClusterContext, options: SimulatedProcessOptions) {
    const { label, replicaName, trackerOptions, wallNow, seed } = options;
    this.label = label;
    this.times = trackerTimesOf(trackerOptions);
    this.#cluster = cluster;
    this.startedAt = cluster.now;
    this.auditor = new DiffAuditor(this);
    this.ownedPresences = new OwnedPresences(cluster.ledger, () => this.countAuditor?.followWaiting());
    this.knownReplicas = new KnownReplicas(this.times.permdownPeriodMs);
    this.runtime = new PausableRuntime({
      queue: cluster.queue,
      wallNow,
      runTask: (task) => this.#runTask(task),
      onReceive: (bytes) => {
        if (cluster.stranger.isForged(bytes)) this.#receivedForged(bytes.length);
        else this.#received(readHeaderOnce(bytes), bytes.length);
      },
      onSend: (bytes) => this.#sent(bytes),
    });
    const { calls, tracker, presence, core } = assembleNode(trackerOptions, {
      replicaName,
      pubsub: this.runtime.wrap(cluster.network.wrap(label, cluster.broker.connect())),
      clock: this.runtime.clock,
      random: seededRandom(seed),
    });
    this.calls = calls;
    this.tracker = tracker;
    this.presence = presence;
    this.core = core;
    this.countAuditor = presence && new CountAuditor(this, cluster, core, presence);
    this.#listen();
    void core.subscribe();
    core.start();
    this.#updateIncarnation();
    this.check();
  }

  get ledger(): Ledger {
    return this.#cluster.ledger;
  }

  /** The current incarnation. Its id changes when the tracker takes another name. */
  get incarnation(): IncarnationRecord {
    return this.#incarnation!;
  }

  /** Whether the process has neither crashed nor closed. It may be paused. */
  get isLive(): boolean {
    return !this.#isClosed && (this.runtime.isRunning || this.runtime.isPaused);
  }

  /** Ends the process as SIGKILL does. */
  crash(): void {
    this.runtime.stop();
    this.#end();
  }

  /** Closes the tracker gracefully. Its last messages go out as time moves on. */
  close(options: { leave?: boolean }): void {
    if (options.leave) this.incarnation.leaveAfterMs = 0;
    this.#isClosed = true;
    this.calls
      .close(options)
      .catch((error: Error) => this.reportBrokenPromise(`close() failed: ${error.message}`));
    this.countAuditor?.recordPublished();
    this.#end();
    this.check();
  }

  /** @throws {BrokenPromiseError} if a promise is broken. */
  check(): void {
    if (this.isLive && this.tracker !== undefined) this.auditor.compare(this.tracker);
    if (this.isLive) this.countAuditor?.compareAfter(this.#actionCount);
    for (const what of this.#cluster.earlyLeaves.unexplained()) this.reportBrokenPromise(what);
    this.#cluster.throwIfBroken();
  }

  /** It refuses the messages that no node has sent, and no others. */
  checkRefusals(): void {
    const { refusedMessages } = this.calls.traffic();
    if (refusedMessages === this.#forgedCount) return;
    this.reportBrokenPromise(
      `refused ${refusedMessages} messages, but ${this.#forgedCount} arrived that no node has sent`,
    );
  }

  /** Runs a call that tracks or updates a presence, and records the result. */
  hold(request: RequestedPresence, call: () => string): string {
    const { now } = this.#cluster;
    // A node that replicates counts reports no refs.
    const recorded = () => {
      const ref = call();
      if (this.presence !== undefined) this.#recordCounted(ref, request);
      return ref;
    };
    return this.ownedPresences.hold(request, recorded, now);
  }

  #recordCounted(ref: string, request: RequestedPresence): void {
    if (this.ledger.presences.has(ref)) return;
    const held = this.calls.presencesOf(request.owner).find(({ meta }) => meta.phx_ref === ref);
    const presence = this.ledger.add({
      ...request,
      ref,
      previousRef: held?.meta.phx_ref_prev,
      incarnation: this.incarnation,
      since: this.#cluster.now,
      endsAt: Number.POSITIVE_INFINITY,
      successor: undefined,
    });
    this.#recordNewcomer(presence);
  }

  /** An update, and a presence under the new id of its process, are no newcomers. */
  #recordNewcomer({ topic, key, previousRef }: TrackedPresence): void {
    if (previousRef === undefined && this.ownedPresences.isInCall)
      this.#cluster.earlyLeaves.joined(topic, key, this.#cluster.now, this.times);
  }

  recordRef(
    meta: PresenceMeta,
    topic: string,
    key: string,
    left: ReadonlySet<string>,
  ): TrackedPresence | undefined {
    const id = meta.phx_ref.slice(0, meta.phx_ref.lastIndexOf("."));
    if (id !== this.incarnation.id) return undefined;
    const content = { topic, key, content: contentOf(meta) };
    const { now } = this.#cluster;
    const presence = this.ownedPresences.recordRef(meta, content, this.incarnation, left, now);
    if (presence !== undefined) this.#recordNewcomer(presence);
    return presence;
  }

  recordLeave(presence: TrackedPresence): void {
    if (presence.incarnation === this.incarnation) this.recordOwnLeave(presence);
  }

  recordOwnLeave(presence: TrackedPresence): void {
    const { topic, key, endsAt, incarnation } = presence;
    const isEarly = Number.isFinite(endsAt) && this.#cluster.now < endsAt - MOMENT_MS;
    if (isEarly && !this.ownedPresences.isEnding(presence))
      this.#cluster.earlyLeaves.leftEarly(topic, key, endsAt - incarnation.leaveDelayMs);
  }

  whyJoinIsWrong(presence: TrackedPresence): string | undefined {
    return this.knownReplicas.isRefused(presence.incarnation.id, this.#cluster.now)
      ? "although its replica had left, or a newer incarnation had replaced it"
      : undefined;
  }

  whyLeaveIsWrong(presence: TrackedPresence): string | undefined {
    const { now } = this.#cluster;
    if (presence.incarnation === this.incarnation) {
      const isHeld = presence.endsAt === Number.POSITIVE_INFINITY;
      return isHeld && !this.ownedPresences.isInCall ? "although its owner holds it" : undefined;
    }
    const troubleFree = this.#cluster.troubleFreeSince(this.label, presence.incarnation.node);
    const { times } = this;
    const { slackMs } = this.#cluster;
    const deadline = deadlineOf(presence, this.knownReplicas, troubleFree, { times, slackMs, now });
    if (now > deadline.at) return `${Math.round(now - deadline.at)} ms too late: ${deadline.why}`;
    const isHeld =
      presence.endsAt === Number.POSITIVE_INFINITY &&
      presence.incarnation.endedAt === Number.POSITIVE_INFINITY;
    const isSettled = now - troubleFree.between > this.#cluster.settleMs(times, presence.incarnation.times);
    if (!isHeld || !isSettled || this.knownReplicas.isRefused(presence.incarnation.id, now)) return undefined;
    return "although its owner holds it and both nodes receive from each other";
  }

  reportBrokenPromise(what: string): void {
    this.#cluster.reportBrokenPromise(this.label, what);
  }

  #listen(): void {
    const { log } = this.#cluster;
    this.tracker?.on("diff", (diff, cause) => {
      this.#actionCount++;
      this.#updateIncarnation();
      for (const [topic, { joins, leaves }] of diff) {
        log.addToHash(Object.keys(joins).length, Object.keys(leaves).length);
        log.addLine(this.label, () => `shows in ${topic}:${refs("+", joins)}${refs("-", leaves)} (${cause})`);
      }
      this.auditor.replay(diff);
    });
    this.presence?.on("diff", (diff) => {
      this.#actionCount++;
      this.#updateIncarnation();
      for (const [topic, { joins, leaves }] of diff)
        log.addLine(this.label, () => `counts in ${topic}:${numbers("+", joins)}${numbers("-", leaves)}`);
      log.addToHash(diff.size);
      this.countAuditor!.replay(diff);
    });
    for (const event of ["replica-up", "replica-down", "replica-permdown"] as const) {
      this.calls.on(event, ({ name, id }) =>
        log.addLine(this.label, () => `emits ${event}: ${name} (${id})`),
      );
    }
    this.calls.on("replica-up", ({ id }) => {
      this.knownReplicas.cameUp(this.ledger.incarnations.get(id)!, this.#cluster.now);
    });
    this.calls.on("replica-permdown", ({ id }) =>
      this.knownReplicas.forgot(this.ledger.incarnations.get(id)!),
    );
    this.calls.on("replica-down", ({ name }) => this.#cluster.declaredDown(this.label, name));
    this.calls.on("warning", (warning) => {
      log.addLine(this.label, () => `warns: ${warning.code}: ${warning.message}`);
      const isRefusal = this.#forgedCount > 0 && REFUSALS.has(warning.code);
      if (!isRefusal) this.#cluster.warned(this.label, warning);
    });
    this.calls.on("error", (error) => {
      log.addLine(this.label, () => `reports an error: ${error.message}`);
      // The simulated networks do leave nodes deaf for longer than `downPeriodMs`.
      const isExpected = (error as Error & { readonly code?: string }).code === "NOT_HEARD";
      if (!isExpected && !this.#cluster.network.isDisconnected(this.label))
        this.reportBrokenPromise(`reported an error: ${error.message}`);
    });
  }

  #runTask(task: () => void): void {
    const [forged, actions] = [this.#forgedCount, this.#actionCount];
    try {
      task();
    } catch (error) {
      this.reportBrokenPromise(`threw ${(error as Error).stack ?? error}`);
    }
    if (this.#forgedCount > forged) {
      this.checkRefusals();
      if (this.#actionCount > actions) this.reportBrokenPromise("acts on a message that no node has sent");
    }
    this.check();
  }

  #received({ kind, counter, sender }: MessageHeader, length: number): void {
    const { ledger, now, log } = this.#cluster;
    log.addToHash(counter, length);
    const incarnation = ledger.incarnations.get(sender.id);
    if (incarnation === undefined) {
      this.reportBrokenPromise(`received a ${kind} of ${sender.name} (${sender.id}), which never existed`);
      return;
    }
    this.#cluster.messageArrived(this.label, incarnation);
    this.knownReplicas.messageArrived({ kind, counter, sender }, incarnation, now);
  }

  #receivedForged(length: number): void {
    this.#forgedCount++;
    this.#cluster.log.addToHash(length);
  }

  #sent(bytes: Uint8Array): void {
    this.#actionCount++;
    const { kind } = readHeader(bytes);
    this.#updateIncarnation();
    this.#cluster.log.addBytesToHash(bytes);
    this.#cluster.messages.sent(kind, bytes.length);
  }

  /** Begins a new incarnation if the tracker has taken another id. */
  #updateIncarnation(): void {
    const { self } = this.core.replication;
    if (self.id !== this.#incarnation?.id) this.#rename(self);
  }

  #rename(sender: MessageHeader["sender"]): void {
    const { ledger, now, log } = this.#cluster;
    const known = ledger.incarnations.get(sender.id);
    if (this.#incarnation !== undefined && this.#incarnation !== known) {
      this.#incarnation.endedAt = now;
      log.addLine(this.label, () => `takes the name ${sender.name} (${sender.id})`);
    }
    this.#incarnation = known ?? ledger.begin(this.label, sender, this.times);
    this.#cluster.idChanged(this.label);
  }

  #end(): void {
    this.incarnation.endedAt = this.#cluster.now;
    this.ownedPresences.clear();
  }
}

/** Shorter than any time for which a presence waits, and longer than an error of rounding. */
const MOMENT_MS = 0.001;

/** The codes of the warnings about refused messages. */
const REFUSALS: ReadonlySet<string> = new Set(["MALFORMED_MESSAGE", "FOREIGN_VERSION", "UNTRUSTED_MESSAGE"]);

function refs(
  sign: string,
  changes: Readonly<Record<string, { readonly metas: readonly PresenceMeta[] }>>,
): string {
  return Object.entries(changes)
    .flatMap(([key, { metas }]) => metas.map((meta) => ` ${sign}${key} (${meta.phx_ref})`))
    .join("");
}

function numbers(sign: string, counts: Counts<string>): string {
  return Object.entries(counts)
    .filter(([, { count }]) => count > 0)
    .map(([key, { count }]) => ` ${sign}${count} ${key}`)
    .join("");
}
