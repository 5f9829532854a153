import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { inspector } from "../../src/inspector/index.ts";
import { countOnly } from "../../src/presence/count-only.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import type { Presence } from "../../src/presence/presence.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { lossyNetwork } from "../../src/testing/network/lossy-network.ts";
import { seededRandom } from "../../src/testing/seeded-random.ts";
import { flushPromises } from "./open-presence.ts";

const CHANNELS = ["diff", "message:sent", "message:received", "replica", "hearing", "warning", "error"].map(
  (name) => `rollcall:${name}`,
);

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Everything that left a process, or could reach a log: the bytes on the transport, and the texts of all events. */
class Outlets {
  readonly messages: Buffer[] = [];
  readonly texts: string[] = [];

  /** The secrets that are in a message, in the encodings that the wire has, or in a text. */
  leaked(secrets: readonly string[]): string[] {
    const all = [...this.messages.map((bytes) => bytes.toString("latin1")), ...this.texts];
    return secrets.filter((secret) => {
      const forms = [
        secret,
        Buffer.from(secret).toString("latin1"),
        Buffer.from(secret, "utf16le").toString("latin1"),
        Buffer.from(secret, "utf16le").swap16().toString("latin1"),
        Buffer.from(secret).toString("base64").replace(/=+$/, ""),
        Buffer.from(secret).toString("hex"),
      ];
      return all.some((text) => forms.some((form) => text.includes(form)));
    });
  }

  note(...values: readonly unknown[]): void {
    for (const value of values) {
      this.texts.push(inspect(value, { depth: 8, showHidden: true }));
      if (value instanceof Error) this.texts.push(value.message, String(value.stack), JSON.stringify(value));
    }
  }

  watch(presence: Presence<{ name?: string }, object>): void {
    for (const event of [
      "diff",
      "replica-up",
      "replica-down",
      "replica-permdown",
      "warning",
      "error",
      "hearing",
    ] as const)
      presence.on(event, (...parameters: unknown[]) => this.note(event, ...parameters));
  }

  watchDiagnostics(): void {
    const note = (message: unknown) => this.note(message);
    for (const channel of CHANNELS) {
      subscribe(channel, note);
      cleanups.push(() => unsubscribe(channel, note));
    }
  }
}

/** A pub/sub that keeps every message that is published on it. */
function tapped(outlets: Outlets): PubSub {
  const pubsub = memoryPubSub();
  return {
    ...pubsub,
    publish: (topic, bytes) => {
      outlets.messages.push(Buffer.from(bytes), Buffer.from(topic));
      return pubsub.publish(topic, bytes);
    },
  };
}

/** A value that nothing else contains. */
let canaries = 0;
const canary = (what: string) => `canary-${what}-${++canaries}-${(canaries * 7_919).toString(36)}`;

/** Nodes that replicate counts over a network with faults, with 200 presences that come and go. */
async function busyCluster({ replicate }: { replicate: "presences" | "counts" }) {
  const outlets = new Outlets();
  outlets.watchDiagnostics();
  const [clock, random] = [manualClock(), seededRandom(7)];
  const network = lossyNetwork({ clock, random: seededRandom(8), conditions: { delayMs: [1, 20] } });
  const pubsub = tapped(outlets);
  const names = ["tokyo", "paris", "osaka"];
  const nodes: Presence<{ name?: string }, object>[] = [];
  for (const replicaName of names) {
    const node = await createPresence<{ name?: string }, object>({
      ...{
        pubsub: network.wrap(replicaName, pubsub),
        clock,
        replicaName,
        random: seededRandom(nodes.length),
      },
      ...{ fetch: countOnly("readers", "editors"), replicate },
      ...{ leaveDelayMs: 500, maxPerOwner: 3, maxPresenceChangesPerSecond: 50 },
      onKeyJoin: (...parameters) => outlets.note(parameters),
      onKeyLeave: (...parameters) => outlets.note(parameters),
    });
    outlets.watch(node);
    nodes.push(node);
  }
  const secrets = {
    owners: [] as string[],
    metas: [] as string[],
    refs: [] as string[],
    keys: [] as string[],
  };
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  /** Errors of calls reach the caller's log. */
  const attempt = (call: () => unknown) => {
    try {
      call();
    } catch (error) {
      outlets.note(error);
    }
  };
  const subscribed = nodes.map((node) =>
    node.subscribe("article", (message) => outlets.note(String(message), message)),
  );
  const owners: { readonly node: Presence<{ name?: string }, object>; readonly owner: string }[] = [];
  async function act(round: number): Promise<void> {
    const node = pick(nodes);
    const owner = canary("owner");
    const name = canary("meta");
    secrets.owners.push(owner);
    secrets.metas.push(name);
    owners.push({ node, owner });
    const key = pick(["readers", "editors"]);
    attempt(() => secrets.refs.push(node.track(owner, pick(["article", "page"]), key, { name })));
    attempt(() => secrets.refs.push(node.update(owner, "article", key, { name: `${name} again` })));
    attempt(() => node.track(owner, "article", key, { name }));
    if (replicate === "counts") {
      const refused = canary("key");
      secrets.keys.push(refused);
      attempt(() => node.track(owner, "article", refused, { name }));
      attempt(() => node.update(owner, "article", refused, { name }));
      attempt(() => node.untrack(owner, "article", refused));
      attempt(() => node.track(owner, "article", refused.repeat(20), { name }));
    }
    if (random() < 0.5)
      attempt(() => pick([node.end.bind(node), node.untrack.bind(node)])(pick(owners).owner));
    if (round % 40 === 10) network.isolate(pick(names));
    if (round % 40 === 30) network.heal();
    if (round % 50 === 5) network.setConditions({ lossRate: 0.3, duplicateRate: 0.2 });
    if (round % 50 === 25) network.setConditions({ lossRate: 0, duplicateRate: 0 });
    if (round % 60 === 15) network.disconnect(pick(names), { told: true });
    if (round % 60 === 45) for (const each of names) network.reconnect(each);
    for (let passed = 0; passed < 400; passed += 40) {
      clock.advance(40);
      await flushPromises();
    }
  }
  for (let round = 0; round < 200; round++) await act(round);
  for (const subscription of subscribed) subscription.unsubscribe();
  outlets.note(
    await nodes[0]!.list("article"),
    nodes[0]!.topics(),
    nodes[0]!.replicas(),
    nodes[0]!.traffic(),
  );
  return { outlets, secrets, nodes, clock };
}

async function get(server: Server, path: string): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

describe("a cluster that replicates counts, under load and faults", () => {
  it("lets no owner, meta, ref or refused key out of the process, in no message, event, error or page", async () => {
    const { outlets, secrets, nodes } = await busyCluster({ replicate: "counts" });
    const server = createServer(inspector(nodes[0]!));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => server.close());
    outlets.texts.push(await get(server, "/"), await get(server, "/json"));
    expect(outlets.messages.length).toBeGreaterThan(500);
    expect(outlets.texts.length).toBeGreaterThan(500);
    expect(secrets.refs.length).toBeGreaterThan(200);
    expect(nodes[1]!.count("article")).toBeGreaterThan(0);
    expect(outlets.leaked(Object.values(secrets).flat())).toEqual([]);
    expect(outlets.leaked(["readers"])).toEqual(["readers"]);
  });

  it("is searched by a test that finds what a cluster of presences lets out", async () => {
    const { outlets, secrets } = await busyCluster({ replicate: "presences" });
    expect(outlets.leaked(secrets.metas).length).toBeGreaterThan(100);
    expect(outlets.leaked(secrets.owners)).toEqual([]);
  });
});
