import { equal } from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { type Person, PersonStream } from "../crdt/person-stream.ts";
import type { Random } from "../crdt/random.ts";
import { CuttablePubSub } from "./cuttable-pubsub.ts";

/** A connection of somebody who is here. */
export class ChurnOwner extends EventEmitter {
  readonly person: Person;
  updates = 0;

  constructor(person: Person) {
    super();
    this.person = person;
  }
}

/** One node: people join, go and change what they say; it restarts under its name. */
export class ChurnNode {
  changes = 0;
  /** Since it was last started; an update is one too. */
  leaves = 0;
  readonly #name: string;
  readonly #pubsub: PubSub;
  readonly #random: Random;
  readonly #crowd: PersonStream;
  #cable: CuttablePubSub;
  #tracker: Tracker | undefined = undefined;
  #visits: ChurnOwner[] = [];

  constructor(name: string, pubsub: PubSub, random: Random) {
    this.#name = name;
    this.#pubsub = pubsub;
    this.#random = random;
    this.#crowd = new PersonStream(random.below(1_000_000));
    this.#cable = new CuttablePubSub(pubsub);
  }

  async start(people: number): Promise<void> {
    this.leaves = 0;
    this.#cable = new CuttablePubSub(this.#pubsub);
    this.#tracker = await createTracker({ pubsub: this.#cable.pubsub, replicaName: this.#name });
    // As a server has that pushes to its clients: so every meta is handed out.
    this.#tracker.on("diff", () => {});
    while (this.#visits.length < people) this.#join();
  }

  async stop(how: "says so" | "dies"): Promise<void> {
    if (how === "dies") this.#cable.cut();
    await this.#tracker!.close();
    this.#visits = [];
  }

  /** Somebody goes and another comes; or somebody says something else. */
  change(): void {
    this.leaves++;
    const at = this.#random.below(this.#visits.length);
    if (this.#random.below(3) === 0) {
      this.#update(this.#visits[at]!);
      return;
    }
    const gone = this.#visits[at]!;
    this.#visits[at] = this.#visits.at(-1)!;
    this.#visits.pop();
    gone.emit("close");
    this.#join();
    this.changes++;
  }

  /** Who is here by what was tracked, a text each. */
  expected(): string[] {
    return this.#visits.map(({ person: { topic, key, meta }, updates }) =>
      textOf(topic, key, updates === 0 ? meta : { ...meta, updates }),
    );
  }

  /** Who is here as this node lists it. */
  listed(): string[] {
    const tracker = this.#tracker!;
    return tracker.topics().flatMap((topic) => {
      const list = tracker.list(topic);
      equal(tracker.count(topic), list.length);
      return list.map(([key, { phx_ref, phx_ref_prev, ...meta }]) => textOf(topic, key, meta));
    });
  }

  #join(): void {
    const visit = new ChurnOwner(this.#crowd.next());
    const { topic, key, meta } = visit.person;
    this.#tracker!.track(visit, topic, key, meta);
    this.#visits.push(visit);
    this.changes++;
  }

  #update(visit: ChurnOwner): void {
    const { topic, key, meta } = visit.person;
    visit.updates++;
    this.#tracker!.update(visit, topic, key, { ...meta, updates: visit.updates });
    this.changes++;
  }
}

function textOf(topic: string, key: string, meta: object): string {
  return JSON.stringify([topic, key, meta]);
}
