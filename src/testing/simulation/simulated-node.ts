import { directConstructionError } from "../../checks/check-argument.ts";
import { InvalidArgumentError } from "../../errors.ts";
import type { Meta, PresenceMeta } from "../../payload.ts";
import type { Counts } from "../../presence/count-only.ts";
import type { Presence } from "../../presence/presence.ts";
import type { Tracker } from "../../tracker/tracker.ts";
import { contentOf } from "./checks/ledger.ts";
import { SimulatedCluster } from "./simulated-cluster.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/** Starts a node in a cluster. `SimulatedNode` sets it, because only the class itself can call its private constructor. */
export let startNode: (cluster: SimulatedCluster, name: string, replicaName: string) => SimulatedNode;

/**
 * A node of a simulation, which `simulate` starts. While its process runs, its calls are those of the tracker. They throw
 * when the process has crashed or closed, and when the node breaks a promise of the library.
 *
 * @example
 * const { tokyo, advance } = simulate(["tokyo", "paris"]);
 * tokyo.track("alice", "lobby", "alice", { device: "phone" });
 * advance(1_000);
 */
export class SimulatedNode {
  static {
    startNode = (cluster, name, replicaName) => new SimulatedNode(cluster, name, replicaName);
  }

  /** The name of the node in the simulation. It is unique and stays the same over restarts. */
  readonly name: string;
  /** The `replicaName` of its tracker. */
  readonly replicaName: string;
  readonly #cluster: SimulatedCluster;

  private constructor(cluster: SimulatedCluster, name: string, replicaName: string) {
    if (!(cluster instanceof SimulatedCluster))
      throw directConstructionError("SimulatedNode", 'const { tokyo } = simulate(["tokyo"])');
    this.#cluster = cluster;
    this.name = name;
    this.replicaName = replicaName;
    cluster.start(name, replicaName);
  }

  /**
   * Whether the node has a process that neither crashed nor closed. A paused process counts as running.
   * @example tokyo.isRunning; // false after crash("tokyo")
   */
  get isRunning(): boolean {
    return this.#cluster.processes.has(this.name);
  }

  /**
   * The tracker of the node. Track presences by the calls of the node: the simulation does not know of presences that are
   * tracked by `tracker.track`, and reports them as a broken promise.
   * @throws {InvalidArgumentError} when the node replicates counts: it has a `presence`.
   * @example tokyo.tracker.replicas().length; // 2
   */
  get tracker(): Tracker {
    const { tracker } = this.#process;
    if (tracker !== undefined) return tracker;
    throw new InvalidArgumentError(
      `${this.name} replicates counts, so it has no tracker. Use ${this.name}.presence.`,
    );
  }

  /**
   * The presence of a node that replicates counts. Track by the calls of the node, as with `tracker`.
   * @throws {InvalidArgumentError} when the node replicates presences: it has a `tracker`.
   * @example tokyo.presence.counts("article:7"); // { readers: { count: 12 } }
   */
  get presence(): Presence<Meta, Counts<string>> {
    const { presence } = this.#process;
    if (presence !== undefined) return presence;
    throw new InvalidArgumentError(
      `${this.name} replicates presences, so it has no presence with counts. Use ${this.name}.tracker.`,
    );
  }

  /**
   * Tracks a presence and returns its `phx_ref`. See `Tracker.track`.
   * @example tokyo.track("socket 1", "lobby", "alice", { device: "phone" });
   */
  track(owner: string, topic: string, key: string, meta: Meta = {}): string {
    const { calls } = this.#process;
    return this.#hold("tracks", owner, topic, key, meta, () => calls.track(owner, topic, key, meta));
  }

  /**
   * Replaces the meta of a presence and returns the new `phx_ref`. See `Tracker.update`.
   * @example tokyo.update("socket 1", "lobby", "alice", { device: "laptop" });
   */
  update(owner: string, topic: string, key: string, meta: Meta): string {
    const { calls } = this.#process;
    return this.#hold("updates", owner, topic, key, meta, () => calls.update(owner, topic, key, meta));
  }

  /**
   * Ends one presence of an owner, or all of them, without `leaveDelayMs`. See `Tracker.untrack`.
   * @example tokyo.untrack("socket 1");
   */
  untrack(owner: string, topic?: string, key?: string): void {
    const process = this.#process;
    const { ownedPresences, calls } = process;
    this.#log(() => `untracks ${[owner, topic, key].filter(Boolean).join(", ")}`);
    const call = () => {
      if (topic === undefined || key === undefined) calls.untrack(owner);
      else calls.untrack(owner, topic, key);
    };
    ownedPresences.release(ownedPresences.heldBy(owner, topic, key), call, this.#cluster.now);
    process.check();
  }

  /**
   * Ends an owner: its presences leave after `leaveDelayMs`. See `Tracker.end`.
   * @example tokyo.end("socket 1");
   */
  end(owner: string): void {
    const process = this.#process;
    const { ownedPresences, calls } = process;
    this.#log(() => `ends ${owner}`);
    const endsAt = this.#cluster.now + process.times.leaveDelayMs;
    ownedPresences.release(ownedPresences.heldBy(owner), () => calls.end(owner), endsAt);
    process.check();
  }

  /**
   * Closes the tracker gracefully. Its last messages go out as time moves on. See `Tracker.close`.
   * @example tokyo.close({ leave: true });
   */
  close(options: { leave?: boolean } = {}): void {
    this.#cluster.close(this.name, options);
  }

  /**
   * The keys of a topic, sorted, so that the lists of two nodes can be compared.
   * @example expect(tokyo.keys("lobby")).toEqual(["alice", "bob"]);
   */
  keys(topic: string): string[] {
    return [...new Set(this.list(topic).map(([key]) => key))].sort();
  }

  /**
   * The presences of a topic. See `Tracker.list`.
   * @example for (const [key, meta] of tokyo.list("lobby")) console.log(key, meta.phx_ref);
   */
  list(topic: string): [key: string, meta: PresenceMeta][] {
    return this.tracker.list(topic);
  }

  /**
   * The number of presences of a topic, or of one key in it. See `Tracker.count`.
   * @example tokyo.count("lobby"); // 2
   */
  count(topic: string, key?: string): number {
    const { calls } = this.#process;
    return key === undefined ? calls.count(topic) : calls.count(topic, key);
  }

  get #process(): SimulatedProcess {
    const process = this.#cluster.processes.get(this.name);
    if (process !== undefined) return process;
    throw new InvalidArgumentError(
      `${this.name} is not running, because it crashed or closed. Call restart("${this.name}") first.`,
    );
  }

  #hold(verb: string, owner: string, topic: string, key: string, meta: Meta, call: () => string): string {
    const process = this.#process;
    this.#log(() => `${verb} ${key} in ${topic} for ${owner}: ${JSON.stringify(meta)}`);
    const request = { owner, topic, key, content: contentOf(meta) };
    const ref = process.hold(request, call);
    process.check();
    return ref;
  }

  #log(what: () => string): void {
    this.#cluster.log.addLine(this.name, what);
  }
}
