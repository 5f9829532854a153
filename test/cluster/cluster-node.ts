import cluster from "node:cluster";
import { isMainThread, parentPort } from "node:worker_threads";
import { broadcastChannelPubSub } from "../../src/pubsub/broadcast-channel.ts";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";

// A node of a cluster in a process or thread of its own: it does what it is told, and tells every diff.

interface Order {
  readonly start?: { readonly replicaName: string; readonly leaveDelayMs?: number };
  readonly track?: { readonly owner: string; readonly topic: string; readonly key: string };
  readonly close?: true;
}

const channel = isMainThread
  ? {
      post: (message: object) => void process.send!(message, undefined, undefined, () => {}),
      onMessage: (listener: (order: Order) => void) => process.on("message", listener),
    }
  : {
      post: (message: object) => parentPort!.postMessage(message),
      onMessage: (listener: (order: Order) => void) => parentPort!.on("message", listener),
    };

let tracker: Awaited<ReturnType<typeof createTracker>>;

channel.onMessage((order) => void obey(order));

// What is sent to a worker of node:cluster before it listens is lost.
channel.post({ listening: true });

async function obey({ start, track, close }: Order): Promise<void> {
  if (start !== undefined) {
    const pubsub = isMainThread ? clusterPubSub() : broadcastChannelPubSub();
    tracker = await createTracker({
      pubsub,
      broadcastPeriodMs: 300,
      maxSilentPeriods: 1,
      downPeriodMs: 2_400,
      ...start,
    });
    for (const name of ["replica-up", "replica-down", "replica-permdown"] as const) {
      tracker.on(name, (replica) => channel.post({ [name]: replica.name }));
    }
    tracker.on("diff", (diff) => {
      for (const [, { joins, leaves }] of diff) {
        channel.post({ joins: Object.keys(joins), leaves: Object.keys(leaves) });
      }
    });
    tracker.on("error", (error) => channel.post({ error: error.message }));
    tracker.on("warning", (warning) => channel.post({ warning: warning.message }));
    channel.post({ started: true, synced: await tracker.synced({ timeoutMs: 20_000 }) });
  }
  if (track !== undefined) tracker.track(track.owner, track.topic, track.key);
  if (close !== undefined) {
    await tracker.close();
    channel.post({ closed: true });
    if (isMainThread) cluster.worker!.disconnect();
  }
}
