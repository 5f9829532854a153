import { equal } from "node:assert/strict";
import { EventEmitter } from "node:events";
import { PresenceSet } from "../../src/crdt/presence-set.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { assembleTracker } from "../../src/tracker/create-tracker.ts";
import type { Owner } from "../../src/tracker/owners/owner.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { joinAll, type Person, PersonStream } from "../crdt/person-stream.ts";
import { atLeast, type Figure, ratios } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import type { Effort } from "../subject.ts";

const PEOPLE = 100_000;

/** `track` end to end: arguments checked, meta copied, presence indexed and queued for the next message. */
export function trackCalls({ runs }: Effort): Figure[] {
  const { strings, sockets, ended, set } = rounds(runs, () => {
    const stream = new PersonStream();
    const people = stream.take(PEOPLE);
    // A server has its owners before it tracks them.
    const sessions = stream.take(PEOPLE).map(({ key }) => key);
    const emitters = people.map(() => new EventEmitter());
    const tokyo = startTracker();
    const [, strings] = time(() => trackAll(tokyo, people, (at) => sessions[at]!));
    const paris = startTracker();
    const [, sockets] = time(() => trackAll(paris, people, (at) => emitters[at]!));
    const [, ended] = time(() => {
      for (const socket of emitters) socket.emit("close");
    });
    equal(paris.topics().length, 0);
    const [, set] = time(() => joinAll(new PresenceSet({ replica: "lima" }), people));
    return { strings, sockets, ended, set };
  });
  return [
    {
      work: "track 100 000 over 1 000 topics, string owners",
      unit: "/s",
      samples: strings.map(rate),
      target: atLeast(300_000),
    },
    { work: "… socket owners", unit: "/s", samples: sockets.map(rate) },
    { work: "close each of the sockets", unit: "/s", samples: ended.map(rate) },
    {
      work: "track, relative to a join in the bare set",
      unit: "×",
      samples: ratios(strings, set),
      floor: "track to join",
    },
  ];
}

function startTracker(): Tracker {
  const { tracker, core } = assembleTracker({ pubsub: memoryPubSub() });
  void core.subscribe();
  core.start();
  return tracker;
}

function trackAll(tracker: Tracker, people: readonly Person[], ownerAt: (at: number) => Owner): void {
  for (const [at, { topic, key, meta }] of people.entries()) tracker.track(ownerAt(at), topic, key, meta);
}

function rate(ms: number): number {
  return (PEOPLE / ms) * 1_000;
}
