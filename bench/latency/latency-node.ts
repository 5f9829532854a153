import { isMainThread, parentPort } from "node:worker_threads";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import { PersonStream } from "../crdt/person-stream.ts";
import { type BareClient, connectBareClient } from "./bare-clients.ts";
import { paced } from "./paced.ts";
import { pubSubOver, type TransportName } from "./transports.ts";

/** What a node is asked, one thing after another; each is answered. */
export type LatencyRequest =
  /** So many join at a steady pace; who stayed for so long leaves when another comes. Answered with their number. */
  | { readonly ask: "join"; readonly count: number; readonly everyMs: number; readonly stayMs?: number }
  /** All who stayed leave. Answered with their number. */
  | { readonly ask: "leave" }
  /** What was published during the last such joins is sent again, bare, at the same pace. Answered with its number. */
  | { readonly ask: "replay" }
  /** Answered with how long each took to come, in ms, once that many came. */
  | { readonly ask: "delays"; readonly count: number };

/** A message of the tracker, and when it was published. */
interface Sent {
  readonly afterMs: number;
  readonly bytes: Buffer;
}

const PATIENCE_MS = 60_000;

const channel = isMainThread
  ? {
      post: (message: object) => void process.send!(message),
      onMessage: (listener: (message: object) => void) => process.on("message", listener),
    }
  : {
      post: (message: object) => parentPort!.postMessage(message),
      onMessage: (listener: (message: object) => void) => parentPort!.on("message", listener),
    };

/** A node of a few, in a process or thread of its own, until that is ended. */
export async function runLatencyNode(medium: TransportName, port: number): Promise<void> {
  const sent: Sent[] = [];
  let startedAt = 0;
  let publishedAt = 0;
  let delays: number[] = [];
  const crowd = new PersonStream();
  let standing: { readonly key: string; readonly since: number }[] = [];
  const bare = await connectBareClient[medium](port);
  // The joining one too, as its tracker does.
  await bare.listen((bytes) => delays.push(nowMs() - Buffer.from(bytes).readDoubleLE()));

  const tracker = await createTracker({
    pubsub: noting(await pubSubOver(medium, port), (bytes) => {
      publishedAt = nowMs();
      sent.push({ afterMs: performance.now() - startedAt, bytes: Buffer.from(bytes) });
    }),
  });
  tracker.on("diff", (diff, cause) => {
    if (cause === "local") return;
    const now = nowMs();
    for (const { joins } of diff.values())
      for (const { metas } of Object.values(joins))
        for (const { at } of metas) delays.push(now - (at as number));
  });
  await tracker.synced({ timeoutMs: PATIENCE_MS });

  // What the pub/sub of a worker hears from the primary comes by the same channel.
  channel.onMessage((message) => {
    if ("order" in message) void obey(message.order as LatencyRequest);
  });
  channel.post({ answer: "ready" });

  async function obey(order: LatencyRequest): Promise<void> {
    channel.post({ answer: await answer(order) });
  }

  async function answer(order: LatencyRequest): Promise<unknown> {
    if (order.ask === "delays") return take(order.count);
    if (order.ask === "leave") return leave();
    if (order.ask === "replay") return replay(sent.splice(0), bare);
    sent.length = 0;
    startedAt = performance.now();
    const due = Array.from({ length: order.count }, (_, at) => at * order.everyMs);
    await paced(due, () => join(order.stayMs ?? Number.POSITIVE_INFINITY));
    return order.count;
  }

  function join(stayMs: number): void {
    const { topic, key, meta } = crowd.next();
    const at = nowMs();
    tracker.track(key, topic, key, { ...meta, at });
    standing.push({ key, since: at });
    // Of whom nobody heard yet, as on a machine that stood still, nobody would ever hear.
    const leaveBefore = Math.min(at - stayMs, publishedAt);
    while (standing[0]!.since < leaveBefore) tracker.end(standing.shift()!.key);
  }

  function leave(): number {
    const leaving = standing;
    standing = [];
    for (const { key } of leaving) tracker.end(key);
    return leaving.length;
  }

  async function take(count: number): Promise<number[]> {
    const deadline = performance.now() + PATIENCE_MS;
    while (delays.length < count) {
      if (performance.now() > deadline) throw new Error(`${delays.length} of ${count} came`);
      await paced([10], () => {});
    }
    const taken = delays;
    delays = [];
    return taken;
  }
}

/** In place of its first bytes each message has the time at which it is sent. */
async function replay(messages: readonly Sent[], bare: BareClient): Promise<number> {
  await paced(
    messages.map(({ afterMs }) => afterMs),
    (at) => {
      const { bytes } = messages[at]!;
      bytes.writeDoubleLE(nowMs());
      void bare.publish(bytes);
    },
  );
  return messages.length;
}

function noting(pubsub: PubSub, note: (bytes: Uint8Array) => void): PubSub {
  return {
    ...pubsub,
    publish(topic, bytes) {
      note(bytes);
      return pubsub.publish(topic, bytes);
    },
  };
}

/** On Linux this is CLOCK_MONOTONIC, which all processes of a machine share: what one notes another may subtract. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1_000_000;
}
