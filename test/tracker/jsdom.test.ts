import { createRequire } from "node:module";
import { build } from "esbuild";
import { JSDOM } from "jsdom";
import { afterEach, expect, it } from "vitest";
import { entrySources } from "../../scripts/entry-sources.ts";

const windows: JSDOM[] = [];
afterEach(() => {
  for (const { window } of windows.splice(0)) window.close();
});

/** Runs code as jest-environment-jsdom does: with the globals of a browser window, and the modules of Node. */
async function runInJsdom(code: string): Promise<unknown> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: "ts", resolveDir: process.cwd() },
    alias: entrySources,
    platform: "node",
    bundle: true,
    format: "iife",
    globalName: "test",
    write: false,
  });
  const dom = new JSDOM("<!doctype html>", { runScripts: "outside-only" });
  windows.push(dom);
  const { window } = dom;
  expect([typeof window["TextEncoder"], typeof window["TextDecoder"]]).toEqual(["undefined", "undefined"]);
  Object.assign(window, { require: createRequire(import.meta.url), process, Buffer });
  window.eval(outputFiles[0]!.text);
  return (window["test"] as { run(): Promise<unknown> }).run();
}

it("rollcall works in the jsdom environment of Jest, which has no TextEncoder", async () => {
  const result = await runInJsdom(`
    import { createPresence, memoryPubSub } from "rollcall";
    import { manualClock } from "rollcall/testing";

    export async function run() {
      const [pubsub, clock] = [memoryPubSub(), manualClock()];
      const tokyo = await createPresence({ pubsub, clock, replicaName: "tokyo" });
      const paris = await createPresence({ pubsub, clock, replicaName: "paris" });
      tokyo.track("tab", "lobby", "älice", { device: "📱" });
      for (let step = 0; step < 100; step++) {
        clock.advance(100);
        await null;
      }
      const list = await paris.list("lobby");
      return JSON.stringify([paris.count("lobby"), list["älice"].metas[0].device]);
    }`);
  expect(result).toBe('[1,"📱"]');
});

it("rollcall works there with the real clock, whose timers are numbers", async () => {
  const result = await runInJsdom(`
    import { createPresence, memoryPubSub } from "rollcall";

    export async function run() {
      const presence = await createPresence({ pubsub: memoryPubSub(), fetch: async (_, presences) => presences });
      presence.track("tab", "lobby", "alice");
      const list = await presence.list("lobby");
      await presence.close();
      return JSON.stringify(Object.keys(list));
    }`);
  expect(result).toBe('["alice"]');
});

it("rollcall/client works in the jsdom environment of Jest", async () => {
  const result = await runInJsdom(`
    import { createPresenceStore } from "rollcall/client";

    export async function run() {
      const store = createPresenceStore();
      store.receive('{"event":"presence_state","payload":{"alice":{"metas":[{"phx_ref":"a1"}]}}}');
      return JSON.stringify(store.getSnapshot());
    }`);
  expect(result).toBe('{"alice":{"metas":[{"phx_ref":"a1"}]}}');
});
