import type { Meta } from "../../../src/payload.ts";
import { assemblePresence } from "../../../src/presence/create-presence.ts";
import type { Presence } from "../../../src/presence/presence.ts";
import type { PresenceMessage } from "../../../src/presence/presence-message.ts";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import { manualClock } from "../../../src/testing/manual-clock.ts";
import type { TrackerCore } from "../../../src/tracker/tracker-core.ts";
import { MalformedTraceError } from "../json-readers.ts";
import { FETCH_HOOKS } from "./fetch-hooks.ts";
import type { FetchName, PresenceTrace } from "./presence-trace.ts";

/** What was told of a topic, as its JSON says it. */
export interface EmittedDiff {
  readonly topic: string;
  readonly joins: { readonly [key: string]: unknown };
  readonly leaves: { readonly [key: string]: unknown };
}

/** Our presence, on which a trace is replayed, and all that it told. */
export class PresenceReplay {
  readonly topics: readonly string[];
  readonly fetch: FetchName;
  /** By our ref, what the trace calls it. */
  readonly labels: Map<string, string> = new Map();
  /** By topic, what a subscriber was sent. */
  readonly sent: ReadonlyMap<string, PresenceMessage<object>[]>;
  readonly errors: Error[] = [];
  readonly #owners = new Map<string, AbortController>();
  readonly #clock = manualClock();
  #told: EmittedDiff[] = [];
  presence!: Presence<Meta, object>;
  core!: TrackerCore;

  constructor({ topics, fetch }: PresenceTrace) {
    this.topics = topics;
    this.fetch = fetch;
    this.sent = new Map(topics.map((topic) => [topic, []]));
    for (const pid of ["p1", "p2", "p3", "p4", "p5"]) this.spawn(pid);
  }

  async open(): Promise<void> {
    const fetch = this.fetch === "identity" ? undefined : FETCH_HOOKS[this.fetch];
    const [pubsub, clock] = [memoryPubSub(), this.#clock];
    const { presence, core } = assemblePresence<Meta, object>({ pubsub, clock, ...(fetch && { fetch }) });
    await core.subscribe();
    core.start();
    this.presence = presence;
    this.core = core;
    this.presence.on("error", (error) => this.errors.push(error));
    this.presence.on("diff", (diff) => {
      for (const [topic, { joins, leaves }] of diff)
        this.#told.push({ topic, ...asJson({ joins: { ...joins }, leaves: { ...leaves } }) });
    });
    for (const [topic, messages] of this.sent)
      this.presence.subscribe(topic, (message) => messages.push(message));
    // The states of the empty topics.
    await Promise.resolve();
  }

  /** The diffs since this was last asked. */
  takeDiffs(): EmittedDiff[] {
    const told = this.#told;
    this.#told = [];
    return told;
  }

  owner(pid: string): AbortSignal {
    return this.#process(pid).signal;
  }

  kill(pid: string): void {
    this.#process(pid).abort();
  }

  spawn(pid: string): void {
    this.#owners.set(pid, new AbortController());
  }

  async close(): Promise<void> {
    const closed = this.presence.close();
    this.#clock.advance(10_000);
    await closed;
  }

  #process(pid: string): AbortController {
    const process = this.#owners.get(pid);
    if (process === undefined) throw new MalformedTraceError(`no process ${pid} was spawned`);
    return process;
  }
}

/** What a value is once it has been sent. */
export function asJson<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
