import { describe, expect, expectTypeOf, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { Inspection } from "../../src/inspector/inspection.ts";
import { inspector } from "../../src/inspector/inspector.ts";
import { countOnly } from "../../src/presence/count-only.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import { metaOf } from "../../src/tracker/meta/standard-schema.ts";
import { createTokyo, inspectTokyo, serveListener } from "./serve-inspector.ts";

const inspectionAt = async (url: string, init?: RequestInit): Promise<Inspection> => {
  const response = await fetch(url, init);
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "application/json; charset=utf-8",
  ]);
  return (await response.json()) as Inspection;
};

describe("the responses of an inspector", () => {
  it("are a page, or JSON at /json, with ?json and for clients that accept only JSON", async () => {
    const { url } = await inspectTokyo();
    const browser = {
      headers: { accept: "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8" },
    };
    for (const init of [{}, browser]) {
      const page = await fetch(`${url}/`, init);
      expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
      expect(await page.text()).toMatch(/^<!doctype html>/);
    }
    const jsonClient = { headers: { accept: "application/json" } };
    const responses = [
      inspectionAt(`${url}/json`),
      inspectionAt(`${url}/?json`),
      inspectionAt(url, jsonClient),
    ];
    for (const { replicas } of await Promise.all(responses)) expect(replicas[0]!.name).toBe("tokyo");
  });

  it("show no secret", async () => {
    const secrets = ["the new secret of tokyo", "the old secret of tokyo"];
    const { url } = await inspectTokyo({ secret: secrets, acceptUnsigned: true });
    for (const path of ["/", "/json"])
      expect(await (await fetch(url + path)).text()).not.toContain("secret of tokyo");
  });

  it.each(["/presence", "/presence/"])("are served below the configured path %s", async (path) => {
    const { url } = await inspectTokyo({}, { path });
    for (const address of ["/presence", "/presence/", "/presence?json=", "/presence/json"]) {
      expect((await fetch(url + address)).status, address).toBe(200);
    }
    for (const address of ["/", "/json", "/presences", "/presence/json/", "/presence/other", "//presence"]) {
      expect((await fetch(url + address)).status, address).toBe(404);
    }
  });

  it("are served when a framework such as Express has removed the path from the URL", async () => {
    const inspect = inspector(await createTokyo());
    const { url } = await serveListener((request, response) => {
      request.url = request.url!.replace(/^\/presence\/?/, "/");
      inspect(request, response);
    });
    expect(await (await fetch(`${url}/presence`)).text()).toMatch(/^<!doctype html>/);
    expect((await inspectionAt(`${url}/presence?json`)).presences).toBe(0);
    expect((await inspectionAt(`${url}/presence/json`)).presences).toBe(0);
  });

  it("are limited to GET and HEAD", async () => {
    const { url, presence } = await inspectTokyo();
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const response = await fetch(url, { method });
      expect([response.status, response.headers.get("allow")], method).toEqual([405, "GET, HEAD"]);
    }
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await fetch(`${url}/other`, { method: "POST" })).status).toBe(404);
    expect(presence.topics()).toEqual([]);
  });

  it("have headers that prevent caching, framing and content sniffing", async () => {
    const { url } = await inspectTokyo();
    for (const address of ["/", "/json", "/other"]) {
      const { headers } = await fetch(url + address);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("access-control-allow-origin")).toBeNull();
      const policy = headers.get("content-security-policy")!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
    }
  });

  it("contain a page without any data of the cluster", async () => {
    const { url, presence } = await inspectTokyo({ replicaName: "<b>tokyo</b>" });
    const before = await (await fetch(url)).text();
    presence.track("session", "<script>alert(1)</script>", "alice");
    expect(await (await fetch(url)).text()).toBe(before);
    expect(before).not.toContain("tokyo");
  });
});

describe("the JSON of an inspector", () => {
  it("contains numbers and names, but no key, meta or owner", async () => {
    const { url, presence } = await inspectTokyo();
    presence.track("session of alice", "lobby", "key of alice", { device: "phone of alice" });
    presence.track("session of bob", "lobby", "key of bob");
    presence.track("session of bob", "article:7", "key of bob");
    const inspection = await inspectionAt(`${url}/json`);
    expect(inspection).toEqual({
      takenAtMs: expect.any(Number),
      presences: 3,
      topics: {
        count: 2,
        largest: [
          { topic: "lobby", count: 2 },
          { topic: "article:7", count: 1 },
        ],
      },
      replicas: presence.replicas(),
      traffic: expect.objectContaining({ refusedMessages: 0 }),
      warnings: [],
    });
    expect(JSON.stringify(inspection)).not.toMatch(/alice|bob/);
  });

  it("names only the largest topics, and counts all topics", async () => {
    const { url, presence } = await inspectTokyo({}, { maxTopics: 3 });
    for (let topic = 1; topic <= 40; topic++) {
      for (let reader = 0; reader < topic; reader++)
        presence.track(`reader ${reader}`, `article:${topic}`, "readers");
    }
    const { presences, topics } = await inspectionAt(`${url}/json`);
    expect([presences, topics.count]).toEqual([820, 40]);
    expect(topics.largest.map(({ topic }) => topic)).toEqual(["article:40", "article:39", "article:38"]);
  });

  it("contains the traffic with refused messages, and the warnings", async () => {
    const pubsub = memoryPubSub();
    const { url, presence } = await inspectTokyo({ pubsub, clusterName: "shop" });
    for (const byte of [9, 9, 7]) await pubsub.publish("shop:all", new Uint8Array([byte]));
    await waitUntil(() => presence.traffic().refusedMessages === 3, "three messages to be refused");
    const { traffic, warnings } = await inspectionAt(`${url}/json`);
    expect(traffic.refusedMessages).toBe(3);
    expect(traffic.receivedMessages).toBeGreaterThanOrEqual(3);
    expect(warnings.length).toBeGreaterThan(0);
    for (const { code, message, lastAt } of warnings) {
      expect(code).toMatch(/^[A-Z_]+$/);
      expect(message).not.toBe("");
      expect(Math.abs(Date.now() - Date.parse(lastAt))).toBeLessThan(600_000);
    }
  });

  it("is still served after the presence and the inspector are closed", async () => {
    const presence = await createTokyo();
    const inspect = inspector(presence);
    const { url } = await serveListener(inspect);
    presence.track("session", "lobby", "alice");
    await presence.close();
    inspect.close();
    inspect.close();
    expect((await inspectionAt(`${url}/json`)).presences).toBe(1);
  });
});

it("an inspector accepts trackers, and presences with any projection", async () => {
  const pubsub = memoryPubSub();
  const tracker = await createTracker({ pubsub, meta: metaOf<{ device: string }>() });
  const counting = await createPresence({
    pubsub,
    fetch: countOnly("readers"),
    meta: metaOf<{ device: string }>(),
  });
  tracker.track("session", "lobby", "alice", { device: "phone" });
  for (const source of [tracker, counting]) {
    const { url } = await serveListener(inspector(source));
    await waitUntil(async () => (await inspectionAt(`${url}/json`)).presences === 1, "one presence");
  }
  expectTypeOf(inspector).parameter(0).not.toBeAny();
  await Promise.all([tracker.close(), counting.close()]);
});

it("an inspector refuses invalid and unknown options", async () => {
  const presence = await createTokyo();
  expect(() => inspector(presence, { path: "presence" })).toThrow(
    'path is "presence"; it must be a path such as "/presence", with a leading slash and without a query. Or leave it out.',
  );
  expect(() => inspector(presence, { maxTopics: 0 })).toThrow(/^maxTopics is 0; it must be a whole number/);
  expect(() => inspector(presence, { maxTopic: 1 } as object)).toThrow("Did you mean maxTopics?");
});
