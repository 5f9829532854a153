import { equal } from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { type Person, PersonStream } from "../crdt/person-stream.ts";
import type { Random } from "../crdt/random.ts";
import { CuttablePubSub } from "./cuttable-pubsub.ts";

/** The socket of one person, and the number of its updates. */
export class ChurnOwner extends EventEmitter {
  readonly person: Person;
  updates = 0;

  constructor(person: Person) {
    super();
    this.person = person;
  }
}

/** One node whose presences join, leave and update. It restarts under the same name. */
export class ChurnNode {
  changes = 0;
  /** Leaves since the last start. An update counts as one too. */
  leaves = 0;
  readonly #name: string;
  readonly #pubsub: PubSub;
  readonly #random: Random;
  readonly #people: PersonStream;
  #link: CuttablePubSub;
  #tracker: Tracker | undefined = undefined;
  #owners: ChurnOwner[] = [];

  constructor(name: string, pubsub: PubSub, random: Random) {
    this.#name = name;
    this.#pubsub = pubsub;
    this.#random = random;
    this.#people = new PersonStream(random.below(1_000_000));
    this.#link = new CuttablePubSub(pubsub);
  }

  async start(people: number): Promise<void> {
    this.leaves = 0;
    this.#link = new CuttablePubSub(this.#pubsub);
    this.#tracker = await createTracker({ pubsub: this.#link.pubsub, replicaName: this.#name });
    // Reads every meta, as in a server that pushes diffs to clients.
    this.#tracker.on("diff", () => {});
    while (this.#owners.length < people) this.#join();
  }

  async stop(how: "closes" | "dies"): Promise<void> {
    if (how === "dies") this.#link.cut();
    await this.#tracker!.close();
    this.#owners = [];
  }

  /** One person leaves and another joins, or one person updates. */
  change(): void {
    this.leaves++;
    const at = this.#random.below(this.#owners.length);
    if (this.#random.below(3) === 0) {
      this.#update(this.#owners[at]!);
      return;
    }
    const leaving = this.#owners[at]!;
    this.#owners[at] = this.#owners.at(-1)!;
    this.#owners.pop();
    leaving.emit("close");
    this.#join();
    this.changes++;
  }

  /** The presences that this node tracks, one text each. */
  expected(): string[] {
    return this.#owners.map(({ person: { topic, key, meta }, updates }) =>
      textOf(topic, key, updates === 0 ? meta : { ...meta, updates }),
    );
  }

  /** The presences that this node lists, one text each. Their number must match the counts. */
  listed(): string[] {
    const tracker = this.#tracker!;
    return tracker.topics().flatMap((topic) => {
      const list = tracker.list(topic);
      equal(tracker.count(topic), list.length);
      return list.map(([key, { phx_ref, phx_ref_prev, ...meta }]) => textOf(topic, key, meta));
    });
  }

  #join(): void {
    const owner = new ChurnOwner(this.#people.next());
    const { topic, key, meta } = owner.person;
    this.#tracker!.track(owner, topic, key, meta);
    this.#owners.push(owner);
    this.changes++;
  }

  #update(owner: ChurnOwner): void {
    const { topic, key, meta } = owner.person;
    owner.updates++;
    this.#tracker!.update(owner, topic, key, { ...meta, updates: owner.updates });
    this.changes++;
  }
}

function textOf(topic: string, key: string, meta: object): string {
  return JSON.stringify([topic, key, meta]);
}
