import { describe, expect, it } from "vitest";
import { HEARTBEAT_INTERVAL_MS, HeardReplicas, MAX_GAP_MS, MAX_SILENCE_MS } from "./heard-replicas.ts";

const { ceil } = Math;

/** What tokyo hears. It hears itself until `advance` says otherwise. */
function tokyo() {
  const heard = new HeardReplicas(0);
  heard.published("tokyo");
  let now = 0;
  return {
    heard,
    get now() {
      return now;
    },
    hear(id: string) {
      heard.received(id, now);
    },
    /** Moves the time on, with a message of each of these replicas in each heartbeat interval. */
    advance(ms: number, ids: readonly string[] = ["tokyo"]) {
      const steps = ceil(ms / HEARTBEAT_INTERVAL_MS);
      for (let step = 0; step < steps; step++) {
        now += ms / steps;
        for (const id of ids) heard.received(id, now);
      }
    },
    silent: () => heard.silent(now),
    since: () => heard.since(now),
  };
}

describe("the replicas that may be down", () => {
  it("are those that were silent for longer than a node can take for a short break", () => {
    const node = tokyo();
    node.advance(10_000, ["tokyo", "paris", "lima"]);
    node.advance(MAX_SILENCE_MS, ["tokyo", "lima"]);
    expect(node.silent()).toEqual([]);
    node.advance(1, ["tokyo", "lima"]);
    expect(node.silent()).toEqual(["paris"]);
  });

  it("stay so when they are heard again, until their silence is forgotten", () => {
    const node = tokyo();
    node.hear("paris");
    node.advance(MAX_SILENCE_MS + 1);
    node.hear("paris");
    node.advance(1_000, ["tokyo", "paris"]);
    expect(node.silent()).toEqual(["paris"]);
    node.heard.forgetSilence();
    expect(node.silent()).toEqual([]);
  });

  it("have a silence that began before the last one was forgotten", () => {
    const node = tokyo();
    node.hear("paris");
    node.advance(MAX_SILENCE_MS - 1_000);
    node.heard.forgetSilence();
    node.advance(1_001);
    expect(node.silent()).toEqual(["paris"]);
  });

  it("are none while the node does not hear itself, nor right after it does again", () => {
    const node = tokyo();
    for (const id of ["tokyo", "paris"]) node.hear(id);
    node.advance(20_000, []);
    expect(node.silent()).toEqual([]);
    node.hear("tokyo");
    node.advance(MAX_SILENCE_MS);
    expect(node.silent()).toEqual([]);
    node.advance(1);
    expect(node.silent()).toEqual(["paris"]);
  });

  it("are none if they are the first to be heard after the node heard nothing", () => {
    const node = tokyo();
    for (const id of ["tokyo", "paris"]) node.hear(id);
    node.advance(20_000, []);
    for (const id of ["paris", "tokyo"]) node.hear(id);
    expect(node.silent()).toEqual([]);
  });

  it("include one that was silent before the node stopped to hear itself", () => {
    const node = tokyo();
    node.hear("paris");
    node.advance(MAX_SILENCE_MS - 1_000);
    node.advance(20_000, []);
    node.hear("tokyo");
    expect(node.silent()).toEqual(["paris"]);
  });
});

describe("the time since when a replica is heard", () => {
  it("goes on as long as no gap between its messages is too long", () => {
    const node = tokyo();
    node.hear("paris");
    node.advance(MAX_GAP_MS);
    node.hear("paris");
    expect(node.since()).toMatchObject({ paris: 0 });
    node.advance(MAX_GAP_MS + 1);
    expect(node.since()).not.toHaveProperty("paris");
    node.hear("paris");
    expect(node.since()).toMatchObject({ paris: node.now });
  });

  it("starts again for all when the process stood still", () => {
    const node = tokyo();
    node.advance(2_000, ["tokyo", "paris"]);
    node.heard.stalled(node.now);
    node.advance(300, ["tokyo", "paris"]);
    expect(node.since()).toEqual({ tokyo: 2_000, paris: 2_000 });
  });
});
