import cluster from "node:cluster";
import { isMainThread, parentPort } from "node:worker_threads";
import { broadcastChannelPubSub } from "../../src/pubsub/broadcast-channel.ts";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";

// A node in its own process or thread. It runs commands and posts every event.

interface Command {
  readonly start?: { readonly replicaName: string; readonly leaveDelayMs?: number };
  readonly track?: { readonly owner: string; readonly topic: string; readonly key: string };
  readonly close?: true;
}

const channel = isMainThread
  ? {
      post: (message: object) => void process.send!(message, undefined, undefined, () => {}),
      onMessage: (listener: (command: Command) => void) => process.on("message", listener),
    }
  : {
      post: (message: object) => parentPort!.postMessage(message),
      onMessage: (listener: (command: Command) => void) => parentPort!.on("message", listener),
    };

let tracker: Awaited<ReturnType<typeof createTracker>>;

channel.onMessage((command) => void run(command));

// A worker of node:cluster loses messages that come before it listens.
channel.post({ listening: true });

async function run({ start, track, close }: Command): Promise<void> {
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
