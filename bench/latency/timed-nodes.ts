import { countOnly } from "../../src/presence/count-only.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Person } from "../crdt/person-stream.ts";

/** The way in which a node replicates: presences, or only counts. */
export type Replicated = "presences" | "counts";

/** A node whose presences tell the other nodes when they joined. */
interface TimedNode {
  track(person: Person, at: number): void;
  end(owner: string): void;
  synced(options: { readonly timeoutMs: number }): Promise<boolean>;
}

type StartNode = (pubsub: PubSub, onJoin: (joinedAt: number) => void) => Promise<TimedNode>;

/** The time is in the meta. Where no meta travels, it is in the topic, so each presence has a topic of its own. */
export const timedNodes: Readonly<Record<Replicated, StartNode>> = {
  async presences(pubsub, onJoin) {
    const tracker = await createTracker({ pubsub });
    tracker.on("diff", (diff, cause) => {
      if (cause === "local") return;
      for (const { joins } of diff.values())
        for (const { metas } of Object.values(joins)) for (const { at } of metas) onJoin(at as number);
    });
    return {
      track: ({ topic, key, meta }, at) => void tracker.track(key, topic, key, { ...meta, at }),
      end: (owner) => tracker.end(owner),
      synced: (options) => tracker.synced(options),
    };
  },
  async counts(pubsub, onJoin) {
    const presence = await createPresence({
      pubsub,
      fetch: countOnly("readers"),
      replicate: "counts",
      onKeyJoin(topic, _key, cause) {
        if (cause !== "local") onJoin(Number(topic.split(" at ")[1]));
      },
    });
    return {
      track: ({ topic, key }, at) => void presence.track(key, `${topic} at ${at}`, "readers"),
      end: (owner) => presence.end(owner),
      synced: (options) => presence.synced(options),
    };
  },
};
