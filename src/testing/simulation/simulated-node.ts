import { InvalidArgumentError } from "../../errors.ts";
import type { Meta, PresenceMeta } from "../../payload.ts";
import type { Tracker } from "../../tracker/tracker.ts";
import { contentOf } from "./checks/content.ts";
import type { SimulatedCluster } from "./simulated-cluster.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/**
 * A node of a simulation: a process with the production tracker in it, or the place where one was. All its calls are
 * those of the tracker; they throw when no process runs, or when the promises of the library are broken.
 *
 * @example
 * const { tokyo, advance } = simulate(["tokyo", "paris"]);
 * tokyo.track("alice", "lobby", "alice", { device: "phone" });
 * advance(1_000);
 */
export class SimulatedNode {
  /** What the simulation calls it: unique, and the same over restarts. */
  readonly name: string;
  /** The `replicaName` of its tracker. */
  readonly replicaName: string;
  readonly #cluster: SimulatedCluster;

  /** @internal */
  constructor(cluster: SimulatedCluster, name: string, replicaName: string) {
    this.#cluster = cluster;
    this.name = name;
    this.replicaName = replicaName;
    cluster.start(name, replicaName);
  }

  /**
   * Whether a process is there that was neither crashed nor closed; a paused one is.
   * @example tokyo.isRunning; // false after crash("tokyo")
   */
  get isRunning(): boolean {
    return this.#cluster.processes.has(this.name);
  }

  /**
   * The tracker itself. What is tracked past the node's own calls is not checked against a model.
   * @example tokyo.tracker.replicas().length; // 2
   */
  get tracker(): Tracker {
    return this.#incarnation.tracker;
  }

  /**
   * Tracks a presence, and returns its `phx_ref`.
   * @example tokyo.track("socket 1", "lobby", "alice", { device: "phone" });
   */
  track(owner: string, topic: string, key: string, meta: Meta = {}): string {
    const { tracker } = this.#incarnation;
    return this.#hold("tracks", owner, topic, key, meta, () => tracker.track(owner, topic, key, meta));
  }

  /**
   * Replaces a meta, and returns the new `phx_ref`.
   * @example tokyo.update("socket 1", "lobby", "alice", { device: "laptop" });
   */
  update(owner: string, topic: string, key: string, meta: Meta): string {
    const { tracker } = this.#incarnation;
    return this.#hold("updates", owner, topic, key, meta, () => tracker.update(owner, topic, key, meta));
  }

  /**
   * Ends one presence of an owner, or all of them, at once.
   * @example tokyo.untrack("socket 1");
   */
  untrack(owner: string, topic?: string, key?: string): void {
    const incarnation = this.#incarnation;
    const { ownedPresences, tracker } = incarnation;
    this.#tell(() => `untracks ${[owner, topic, key].filter(Boolean).join(", ")}`);
    const call = () => {
      if (topic === undefined || key === undefined) tracker.untrack(owner);
      else tracker.untrack(owner, topic, key);
    };
    ownedPresences.release(ownedPresences.heldBy(owner, topic, key), call, this.#cluster.now);
    incarnation.check();
  }

  /**
   * The owner ended: its presences leave, after `leaveDelayMs`.
   * @example tokyo.end("socket 1");
   */
  end(owner: string): void {
    const incarnation = this.#incarnation;
    const { ownedPresences, tracker } = incarnation;
    this.#tell(() => `ends ${owner}`);
    const endsAt = this.#cluster.now + this.#cluster.times.leaveDelayMs;
    ownedPresences.release(ownedPresences.heldBy(owner), () => tracker.end(owner), endsAt);
    incarnation.check();
  }

  /**
   * Closes the tracker gracefully: its farewell goes out as time moves on.
   * @example tokyo.close({ leave: true });
   */
  close(options: { leave?: boolean } = {}): void {
    this.#cluster.close(this.name, options);
  }

  /**
   * The keys of a topic, sorted, so that nodes can be compared.
   * @example expect(tokyo.keys("lobby")).toEqual(["alice", "bob"]);
   */
  keys(topic: string): string[] {
    return [...new Set(this.list(topic).map(([key]) => key))].sort();
  }

  /**
   * What `Tracker.list` gives.
   * @example for (const [key, meta] of tokyo.list("lobby")) console.log(key, meta.phx_ref);
   */
  list(topic: string): [key: string, meta: PresenceMeta][] {
    return this.tracker.list(topic);
  }

  /**
   * What `Tracker.count` gives.
   * @example tokyo.count("lobby"); // 2
   */
  count(topic: string, key?: string): number {
    return key === undefined ? this.tracker.count(topic) : this.tracker.count(topic, key);
  }

  get #incarnation(): SimulatedProcess {
    const incarnation = this.#cluster.processes.get(this.name);
    if (incarnation !== undefined) return incarnation;
    throw new InvalidArgumentError(
      `${this.name} is not running: it crashed or was closed. Restart it first.`,
    );
  }

  #hold(verb: string, owner: string, topic: string, key: string, meta: Meta, call: () => string): string {
    const incarnation = this.#incarnation;
    this.#tell(() => `${verb} ${key} in ${topic} for ${owner}: ${JSON.stringify(meta)}`);
    const wish = { owner, topic, key, content: contentOf(meta) };
    const ref = incarnation.ownedPresences.hold(wish, call, this.#cluster.now);
    incarnation.check();
    return ref;
  }

  #tell(what: () => string): void {
    this.#cluster.log.addLine(this.name, what);
  }
}
