import { setTimeout as pause } from "node:timers/promises";
import { isMainThread, parentPort } from "node:worker_threads";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { PersonStream } from "../crdt/person-stream.ts";
import { type BareClient, connectBareClient } from "./bare-clients.ts";
import { type Replicated, timedNodes } from "./timed-nodes.ts";
import { pubSubOver, type TransportName } from "./transports.ts";

/** A request to a node. It answers each before the next one comes. */
export type LatencyRequest =
  /** `count` presences join at a steady pace. Each join removes presences older than `stayMs`. Answer: their number. */
  | { readonly ask: "join"; readonly count: number; readonly everyMs: number; readonly stayMs?: number }
  /** All remaining presences leave. Answer: their number. */
  | { readonly ask: "leave" }
  /** Sends the messages of the last joins again through the bare client, at the same pace. Answer: their number. */
  | { readonly ask: "replay" }
  /** Answer: the delays of the received joins or messages in ms, once there are `count` of them. */
  | { readonly ask: "delays"; readonly count: number };

/** A message of the tracker, and its time since the first join. */
interface PublishedMessage {
  readonly afterMs: number;
  readonly bytes: Buffer;
}

const TIMEOUT_MS = 60_000;

const channel = isMainThread
  ? {
      post: (message: object) => void process.send!(message),
      onMessage: (listener: (message: object) => void) => process.on("message", listener),
    }
  : {
      post: (message: object) => parentPort!.postMessage(message),
      onMessage: (listener: (message: object) => void) => parentPort!.on("message", listener),
    };

/** Runs a node until its process or thread is stopped. */
export async function runLatencyNode(
  transport: TransportName,
  port: number,
  replicated: Replicated,
): Promise<void> {
  const sent: PublishedMessage[] = [];
  let startedAt = 0;
  let publishedAt = 0;
  let delays: number[] = [];
  const people = new PersonStream();
  let present: { readonly key: string; readonly since: number }[] = [];
  const bare = await connectBareClient[transport](port);
  // The joining node listens too, as its tracker does.
  await bare.listen((bytes) => delays.push(nowMs() - Buffer.from(bytes).readDoubleLE()));

  const pubsub = withPublishListener(await pubSubOver(transport, port), (bytes) => {
    publishedAt = nowMs();
    sent.push({ afterMs: performance.now() - startedAt, bytes: Buffer.from(bytes) });
  });
  const node = await timedNodes[replicated](pubsub, (joinedAt) => delays.push(nowMs() - joinedAt));
  await node.synced({ timeoutMs: TIMEOUT_MS });

  // The primary sends the messages of the pub/sub to its workers on the same channel.
  channel.onMessage((message) => {
    if ("request" in message) void handleRequest(message.request as LatencyRequest);
  });
  channel.post({ answer: "ready" });

  async function handleRequest(request: LatencyRequest): Promise<void> {
    channel.post({ answer: await answer(request) });
  }

  async function answer(request: LatencyRequest): Promise<unknown> {
    if (request.ask === "delays") return takeDelays(request.count);
    if (request.ask === "leave") return leave();
    if (request.ask === "replay") return replay(sent.splice(0), bare);
    sent.length = 0;
    startedAt = performance.now();
    const due = Array.from({ length: request.count }, (_, at) => at * request.everyMs);
    await actWhenDue(due, () => join(request.stayMs ?? Number.POSITIVE_INFINITY));
    return request.count;
  }

  function join(stayMs: number): void {
    const person = people.next();
    const at = nowMs();
    node.track(person, at);
    present.push({ key: person.key, since: at });
    // A presence that leaves before it is published is never visible, so after a stall it stays longer.
    const leaveBefore = Math.min(at - stayMs, publishedAt);
    while (present[0]!.since < leaveBefore) node.end(present.shift()!.key);
  }

  function leave(): number {
    const leaving = present;
    present = [];
    for (const { key } of leaving) node.end(key);
    return leaving.length;
  }

  async function takeDelays(count: number): Promise<number[]> {
    const deadline = performance.now() + TIMEOUT_MS;
    while (delays.length < count) {
      if (performance.now() > deadline)
        throw new Error(`${delays.length} of ${count} arrived within ${TIMEOUT_MS} ms`);
      await pause(10);
    }
    const taken = delays;
    delays = [];
    return taken;
  }
}

/** Calls `act` at each of these ascending times, in ms from now. If it is late, it catches up at once. */
async function actWhenDue(dueMs: readonly number[], act: (at: number) => void): Promise<void> {
  const start = performance.now();
  for (let next = 0; next < dueMs.length; ) {
    const waitMs = dueMs[next]! - (performance.now() - start);
    if (waitMs > 0) await pause(waitMs);
    else act(next++);
  }
}

/** The first bytes of each message are replaced by its send time. */
async function replay(messages: readonly PublishedMessage[], bare: BareClient): Promise<number> {
  await actWhenDue(
    messages.map(({ afterMs }) => afterMs),
    (at) => {
      const { bytes } = messages[at]!;
      bytes.writeDoubleLE(nowMs());
      void bare.publish(bytes);
    },
  );
  return messages.length;
}

function withPublishListener(pubsub: PubSub, listener: (bytes: Uint8Array) => void): PubSub {
  return {
    ...pubsub,
    publish(topic, bytes) {
      listener(bytes);
      return pubsub.publish(topic, bytes);
    },
  };
}

/** A clock that all processes of the machine share: on Linux this is CLOCK_MONOTONIC. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1_000_000;
}
