import type { Meta, State } from "../../../src/payload.ts";
import { countOnly } from "../../../src/presence/count-only.ts";
import { assemblePresence } from "../../../src/presence/create-presence.ts";
import type { Presence } from "../../../src/presence/presence.ts";
import type { PresenceMessage } from "../../../src/presence/presence-message.ts";
import type { Fetch } from "../../../src/presence/presence-options.ts";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import { manualClock } from "../../../src/testing/manual-clock.ts";
import type { TrackerCore } from "../../../src/tracker/tracker-core.ts";
import { MalformedTraceError } from "../json-readers.ts";
import type { FetchName, PresenceTrace } from "./presence-trace.ts";

/** A diff of one topic, as a client reads it from JSON. */
export interface EmittedDiff {
  readonly topic: string;
  readonly joins: { readonly [key: string]: unknown };
  readonly leaves: { readonly [key: string]: unknown };
}

/** A presence of ours on which a trace is replayed, with everything that it emitted. */
export class PresenceReplay {
  readonly topics: readonly string[];
  readonly fetch: FetchName;
  /** The name that the trace has for each of our refs. */
  readonly labels: Map<string, string> = new Map();
  /** The messages that a subscriber of each topic received. */
  readonly sent: ReadonlyMap<string, PresenceMessage<object>[]>;
  readonly errors: Error[] = [];
  readonly #owners = new Map<string, AbortController>();
  readonly #clock = manualClock();
  #emitted: EmittedDiff[] = [];
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
        this.#emitted.push({ topic, ...asJson({ joins: { ...joins }, leaves: { ...leaves } }) });
    });
    for (const [topic, messages] of this.sent)
      this.presence.subscribe(topic, (message) => messages.push(message));
    // Lets the subscribers receive the states of the empty topics.
    await Promise.resolve();
  }

  /** Removes and returns the diffs that were emitted since the last call. */
  takeDiffs(): EmittedDiff[] {
    const emitted = this.#emitted;
    this.#emitted = [];
    return emitted;
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

const COUNT = countOnly("viewers", "users");

/** The `fetch` hooks that the traces were recorded with. */
export const FETCH_HOOKS: { readonly [Name in Exclude<FetchName, "identity">]: Fetch<Meta, object> } = {
  extend: (_topic, presences) => {
    const extended: State & { [key: string]: object } = Object.create(null);
    for (const key of Object.keys(presences)) {
      extended[key] = Object.assign({ user: { name: `name-${key}` } }, presences[key]);
    }
    return extended;
  },
  // A copy of what countOnly returns is a projection like any other. The counts themselves would send nothing when a change
  // leaves them as they are, where the reference sends the same count as a join and as a leave.
  count: (topic, presences) => ({ ...COUNT(topic, presences) }),
};

/** The value after a round trip through JSON. */
export function asJson<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
