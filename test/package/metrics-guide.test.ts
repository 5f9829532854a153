import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { Diff } from "../../src/payload.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { serveListener } from "../inspector/serve-inspector.ts";

const guide = "docs/metrics.md";

describe("the exporter of the metrics guide", () => {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-"));
  let metrics: (of: Pick<Tracker, "traffic" | "replicas" | "topics" | "count">) => RequestListener;

  beforeAll(async () => {
    const text = readFileSync(new URL(`../../${guide}`, import.meta.url), "utf8");
    const [, sample] = /^```ts\n(.*?)^```$/ms.exec(text)!;
    const { code } = await transform(sample!, { loader: "ts", format: "esm" });
    const path = join(folder, "metrics.mjs");
    writeFileSync(path, code);
    ({ metrics } = await import(pathToFileURL(path).href));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it("answers a scrape with the numbers of a tracker or a presence", async () => {
    const pubsub = memoryPubSub();
    const tokyo = await createTracker({ pubsub, broadcastPeriodMs: 50 });
    const paris = await createPresence({ pubsub, broadcastPeriodMs: 50 });
    const changes = { joins: 0, leaves: 0 };
    tokyo.on("diff", (diff) => addTo(changes, diff));
    paris.on("diff", (diff) => addTo(changes, diff));
    tokyo.track("alice", "lobby", "readers");
    paris.track("bob", "lobby", "readers");
    paris.track("bob", "kitchen", "readers");
    paris.track("carol", "kitchen", "readers");
    paris.end("carol");
    await waitUntil(
      () => tokyo.count("kitchen") === 1 && paris.count("lobby") === 2,
      "both nodes to see each other",
    );
    await pubsub.publish("rollcall:all", new Uint8Array([1, 250]));
    await waitUntil(() => tokyo.traffic().refusedMessages === 1, "the message to be refused");
    // After close, reads work as before and nothing changes.
    await Promise.all([tokyo.close(), paris.close()]);
    for (const node of [tokyo, paris]) {
      const scraped = await scrape(metrics(node));
      const { sentMessages, sentBytes, receivedMessages, receivedBytes, refusedMessages } = node.traffic();
      expect(sentBytes).toBeGreaterThan(0);
      expect(scraped).toMatchObject({
        rollcall_sent_messages_total: sentMessages,
        rollcall_sent_bytes_total: sentBytes,
        rollcall_received_messages_total: receivedMessages,
        rollcall_received_bytes_total: receivedBytes,
        rollcall_refused_messages_total: refusedMessages,
        rollcall_presences_here: node.replicas()[0]!.presences,
        rollcall_presences_seen: node.count("lobby") + node.count("kitchen"),
        rollcall_topics: node.topics().length,
      });
    }
    expect(changes.leaves).toBeGreaterThan(0);
    expect(await scrape(metrics(tokyo))).toMatchObject({
      rollcall_joins_total: changes.joins,
      rollcall_leaves_total: changes.leaves,
    });
  });

  it("counts replicas that are up and replicas that are down", async () => {
    const replicas = (["up", "down", "up", "leaving"] as const).map((status, lag) => ({
      ...{ name: "", id: "", isLocal: lag === 0, lastHeardMs: 0, presences: 3, status, lag },
    }));
    const traffic = {
      sentMessages: 0,
      sentBytes: 0,
      receivedMessages: 0,
      receivedBytes: 0,
      refusedMessages: 0,
    };
    const of = { replicas: () => replicas, traffic: () => traffic, topics: () => [], count: () => 0 };
    expect(await scrape(metrics(of))).toMatchObject({
      rollcall_presences_here: 3,
      rollcall_replicas_up: 2,
      rollcall_replicas_down: 1,
      rollcall_not_heard: 0,
      rollcall_lag: 6,
    });
  });

  it("shows that the node is deaf or mute", async () => {
    const tokyo = await createTracker({ pubsub: memoryPubSub() });
    const replicas = tokyo.replicas().map((replica) => ({ ...replica, hearing: "mute" as const }));
    expect(await scrape(metrics({ ...methodsOf(tokyo), replicas: () => replicas }))).toMatchObject({
      rollcall_not_heard: 1,
    });
    await tokyo.close();
  });

  function methodsOf(tracker: Tracker): Pick<Tracker, "traffic" | "topics" | "count"> {
    return {
      traffic: () => tracker.traffic(),
      topics: () => tracker.topics(),
      count: (topic) => tracker.count(topic),
    };
  }

  function addTo(changes: { joins: number; leaves: number }, diff: Diff): void {
    for (const [, change] of diff) {
      for (const name of ["joins", "leaves"] as const) {
        for (const { metas } of Object.values(change[name])) changes[name] += metas.length;
      }
    }
  }

  /** The samples of a scrape. Prometheus requires a TYPE line before each. */
  async function scrape(listener: RequestListener): Promise<Record<string, number>> {
    const { url } = await serveListener(listener);
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4");
    const text = await answer.text();
    const pattern = /# TYPE (rollcall_[a-z_]+) (?:gauge|counter)\n\1 (\d+)\n/y;
    const samples: Record<string, number> = {};
    while (pattern.lastIndex < text.length) {
      const at = pattern.lastIndex;
      const [, name, value] = pattern.exec(text) ?? expect.fail(`no metric at ${text.slice(at)}`);
      samples[name!] = Number(value);
    }
    return samples;
  }
});
