import { PresenceSet } from "../../src/crdt/presence-set.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Owner } from "../../src/tracker/owners/owner.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { PersonStream } from "../crdt/person-stream.ts";
import { PARIS, TOKYO } from "../crdt/push-bytes.ts";
import { decodeDelta, RemoteReplica } from "../crdt/remote-replica.ts";

/** Puts the same presences into a tracker and into a bare set. */
export interface TrackerFill {
  /** Creates an owner as the server has it before it tracks it. Undefined if the presences come from another node. */
  readonly createOwner: (() => Owner) | undefined;
  /** With one owner per presence, or `size` of them without owners. */
  readonly fillTracker: (size: number, owners: readonly Owner[]) => Promise<Tracker>;
  readonly fillSet: (size: number) => PresenceSet;
}

/** The node tracks the presences itself, each with an owner of its own. */
export function fillByTrack(createOwner: () => Owner): TrackerFill {
  return {
    createOwner,
    async fillTracker(_size, owners) {
      const tracker = await createTracker({ pubsub: memoryPubSub() });
      const people = new PersonStream();
      for (const owner of owners) {
        const { topic, key, meta } = people.next();
        tracker.track(owner, topic, key, meta);
      }
      return tracker;
    },
    fillSet(size) {
      const set = new PresenceSet({ replica: TOKYO.id });
      const people = new PersonStream();
      for (let count = 0; count < size; count++) {
        const { owner, topic, key, meta } = people.next();
        set.join(owner, topic, key, meta);
        // As a tracker does: it publishes them soon after.
        set.takeOperations();
      }
      return set;
    },
  };
}

/** The node receives the presences in messages of another node. */
export function fillByMessages(): TrackerFill {
  return {
    createOwner: undefined,
    async fillTracker(size) {
      const pubsub = memoryPubSub();
      const tracker = await createTracker({ pubsub });
      for (const bytes of new RemoteReplica(TOKYO.id).messages(size))
        await pubsub.publish("rollcall:all", bytes);
      return tracker;
    },
    fillSet(size) {
      const set = new PresenceSet({ replica: PARIS.id });
      set.show(TOKYO.id);
      for (const bytes of new RemoteReplica(TOKYO.id).messages(size)) set.merge(decodeDelta(bytes));
      return set;
    },
  };
}
