import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Owner } from "../../src/tracker/owners/owner.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { PersonStream } from "../crdt/person-stream.ts";
import { TOKYO } from "../crdt/push-bytes.ts";
import { RemoteReplica } from "../crdt/remote-replica.ts";

/** How presences come into a tracker. */
export interface TrackerFill {
  /** One of what a server has at hand before anybody is tracked, where it has something. */
  readonly createOwner: () => Owner | undefined;
  readonly run: (owners: readonly (Owner | undefined)[]) => Promise<Tracker>;
}

/** By `track`, each with an owner of their own. */
export function fillByTrack(createOwner: () => Owner): TrackerFill {
  return {
    createOwner,
    async run(owners) {
      const tracker = await createTracker({ pubsub: memoryPubSub() });
      const crowd = new PersonStream();
      for (const owner of owners) {
        const { topic, key, meta } = crowd.next();
        tracker.track(owner!, topic, key, meta);
      }
      return tracker;
    },
  };
}

/** By the bytes that another node publishes. */
export function fillByMessages(): TrackerFill {
  return {
    createOwner: () => undefined,
    async run({ length }) {
      const pubsub = memoryPubSub();
      const tracker = await createTracker({ pubsub });
      for (const bytes of new RemoteReplica(TOKYO.id).messages(length))
        await pubsub.publish("rollcall:all", bytes);
      return tracker;
    },
  };
}
