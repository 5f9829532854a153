import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Owner } from "../../src/tracker/owners/owner.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { Crowd } from "../crdt/person-stream.ts";
import { TOKYO } from "../crdt/push-bytes.ts";
import { Author } from "../crdt/remote-replica.ts";

/** How presences come into a tracker. */
export interface Fill {
  /** One of what a server has at hand before anybody is tracked, where it has something. */
  readonly atHand: () => Owner | undefined;
  readonly run: (owners: readonly (Owner | undefined)[]) => Promise<Tracker>;
}

/** By `track`, each with an owner of their own. */
export function atOwner(atHand: () => Owner): Fill {
  return {
    atHand,
    async run(owners) {
      const tracker = await createTracker({ pubsub: memoryPubSub() });
      const crowd = new Crowd();
      for (const owner of owners) {
        const { topic, key, meta } = crowd.next();
        tracker.track(owner!, topic, key, meta);
      }
      return tracker;
    },
  };
}

/** By the bytes that another node publishes. */
export function atReceiver(): Fill {
  return {
    atHand: () => undefined,
    async run({ length }) {
      const pubsub = memoryPubSub();
      const tracker = await createTracker({ pubsub });
      for (const bytes of new Author(TOKYO.id).messages(length)) await pubsub.publish("rollcall:all", bytes);
      return tracker;
    },
  };
}
