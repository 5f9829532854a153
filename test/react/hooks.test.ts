import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { type RemoteGlobal, remoteGlobal } from "../support/remote-global.ts";
import type { HooksPage } from "./browser/hooks-page-api.ts";

const on = (...devices: string[]) => ({
  metas: devices.map((device) => ({ phx_ref: `ref of ${device}`, device })),
});
const state = (payload: object) => ({ event: "presence_state", payload });
const diff = (joins: object, leaves: object = {}) => ({ event: "presence_diff", payload: { joins, leaves } });
const aliceAndBob = state({ alice: on("phone"), bob: on("laptop") });
const aliceOnTwo = diff({ alice: on("tablet") });
const readers = (count: number) => ({ readers: { count }, writers: { count: 1 } });

/** A folder whose `node_modules` contains another version of React to test. */
const otherReact = process.env["ROLLCALL_REACT"];

describe.skipIf(!hasBrowser()).each(["development", "production"])(
  "the hooks with React in %s mode",
  (mode) => {
    let browser: Browser;
    let script: string;

    beforeAll(async () => {
      const { outputFiles } = await build({
        entryPoints: [fileURLToPath(new URL("browser/hooks-page.tsx", import.meta.url))],
        bundle: true,
        write: false,
        format: "iife",
        define: { "process.env.NODE_ENV": JSON.stringify(mode) },
        alias: otherReact
          ? { react: `${otherReact}/node_modules/react`, "react-dom": `${otherReact}/node_modules/react-dom` }
          : {},
      });
      script = outputFiles[0]!.text;
      browser = await openBrowser();
    });

    afterAll(() => browser?.close());

    /** Opens an empty page with the hooks. The test fails if the page reports an error. */
    async function open(): Promise<RemoteGlobal<HooksPage>> {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      onTestFinished(async () => {
        await page.close();
        expect(errors).toEqual([]);
      });
      await page.setContent("<!doctype html><main></main>");
      await page.addScriptTag({ content: script });
      return remoteGlobal<HooksPage>(page, "hooksPage");
    }

    it("list the presences, and render only the row that changed", async () => {
      const hooks = await open();
      await hooks.mount("list");
      await hooks.receive("lobby", aliceAndBob);
      expect(await hooks.text()).toEqual(["alice phone", "bob laptop"]);
      expect(await hooks.renders()).toEqual({ list: 2, alice: 1, bob: 1 });
      await hooks.receive("lobby", aliceOnTwo);
      expect(await hooks.text()).toEqual(["alice phone+tablet", "bob laptop"]);
      expect(await hooks.renders()).toEqual({ list: 1, alice: 1 });
      await hooks.receive("lobby", diff({}, { bob: on("laptop") }));
      expect(await hooks.text()).toEqual(["alice phone+tablet"]);
      expect(await hooks.renders()).toEqual({ list: 1 });
    });

    it("render nothing for a message that changes nothing, such as a repeated state", async () => {
      const hooks = await open();
      await hooks.receive("lobby", aliceAndBob);
      await hooks.mount("list");
      expect(await hooks.renders()).toEqual({ list: 1, alice: 1, bob: 1 });
      await hooks.receive("lobby", aliceAndBob);
      await hooks.receive("lobby", diff({}, { carol: on("watch") }));
      expect(await hooks.renders()).toEqual({});
    });

    it("show the presence of one key, and do not render for other keys", async () => {
      const hooks = await open();
      await hooks.mount("people");
      expect(await hooks.text()).toEqual(["no alice", "no constructor"]);
      await hooks.receive("lobby", aliceAndBob);
      await hooks.renders();
      await hooks.receive("lobby", diff({ bob: on("watch") }));
      expect(await hooks.renders()).toEqual({});
      await hooks.receive("lobby", diff({ constructor: on("crane") }));
      expect(await hooks.renders()).toEqual({ constructor: 1 });
      await hooks.receive("lobby", diff({}, { alice: on("phone") }));
      expect(await hooks.renders()).toEqual({ alice: 1 });
      expect(await hooks.text()).toEqual(["no alice", "constructor crane"]);
    });

    it("show counts, and render only the number that changed", async () => {
      const hooks = await open();
      await hooks.mount("counts");
      expect(await hooks.text()).toEqual(["? readers", "? writers"]);
      await hooks.receive("counts", state(readers(4)));
      expect(await hooks.text()).toEqual(["4 readers", "1 writers"]);
      await hooks.renders();
      await hooks.receive("counts", diff({ readers: { count: 2 } }));
      expect(await hooks.text()).toEqual(["6 readers", "1 writers"]);
      expect(await hooks.renders()).toEqual({ readers: 1 });
      await hooks.receive("counts", diff({ readers: { count: 2 } }, { readers: { count: 2 } }));
      expect(await hooks.renders()).toEqual({});
      await hooks.receive("counts", state({ readers: { count: 6 } }));
      expect(await hooks.text()).toEqual(["6 readers", "0 writers"]);
      expect(await hooks.renders()).toEqual({ writers: 1 });
    });

    it("count the metas of a key, and do not render while their number stays the same", async () => {
      const hooks = await open();
      await hooks.mount("devices");
      await hooks.receive("lobby", aliceAndBob);
      await hooks.receive("lobby", aliceOnTwo);
      expect(await hooks.text()).toEqual(["alice on 2"]);
      await hooks.renders();
      await hooks.receive("lobby", diff({ alice: on("watch"), carol: on("phone") }, { alice: on("tablet") }));
      expect(await hooks.renders()).toEqual({});
    });

    it("subscribe once each, and unsubscribe on unmount and when their source changes", async () => {
      const hooks = await open();
      await hooks.receive("attic", state({ carol: on("phone") }));
      await hooks.mount("list");
      await hooks.receive("lobby", aliceAndBob);
      await hooks.receive("lobby", aliceOnTwo);
      expect(await hooks.listeners("lobby")).toEqual([1, 1]);
      await hooks.mount("listOfAttic");
      expect(await hooks.text()).toEqual(["carol phone"]);
      expect(await hooks.listeners("lobby")).toEqual([0, 1]);
      expect(await hooks.listeners("attic")).toEqual([1, 1]);
      await hooks.mount("counts");
      expect(await hooks.listeners("counts")).toEqual([2, 2]);
      await hooks.unmount();
      expect(await hooks.listeners("attic")).toEqual([0, 1]);
      expect(await hooks.listeners("counts")).toEqual([0, 2]);
    });

    it("keep one subscription each in Strict Mode", async () => {
      const hooks = await open();
      await hooks.mountStrictly("list");
      // In development, React mounts the component, unmounts it, and mounts it again.
      const times = mode === "development" ? 2 : 1;
      expect(await hooks.listeners("lobby")).toEqual([1, times]);
      await hooks.receive("lobby", aliceAndBob);
      expect(await hooks.text()).toEqual(["alice phone", "bob laptop"]);
      await hooks.mountStrictly("counts");
      await hooks.receive("counts", state(readers(4)));
      expect(await hooks.text()).toEqual(["4 readers", "1 writers"]);
      expect(await hooks.listeners("counts")).toEqual([2, 2 * times]);
      await hooks.unmount();
      expect(await hooks.listeners("counts")).toEqual([0, 2 * times]);
    });

    it("never show two values of one count when messages arrive during a render", async () => {
      const hooks = await open();
      const { commits, renderedBefore } = await hooks.race();
      // The first message arrived while some readers had rendered for the transition and others had not.
      expect(renderedBefore[0]).toBeGreaterThanOrEqual(8);
      expect(renderedBefore[0]).toBeLessThan(24);
      expect(commits.filter((numbers) => numbers.length !== 1)).toEqual([]);
      expect(commits.at(-1)).toEqual([2]);
    });

    it("hydrate with what the server rendered, and then show the newer state", async () => {
      for (const [view, html, text] of [
        ["list", "", ["alice phone", "bob laptop"]],
        ["listOfServer", "alice phone", ["alice phone", "bob laptop"]],
        ["peopleOfServer", "alice phoneno constructor", ["alice phone", "no constructor"]],
        ["devices", "alice on undefined", ["alice on 1"]],
      ] as const) {
        const hooks = await open();
        expect(await hooks.hydrate(view, aliceAndBob)).toEqual({ html, errors: [] });
        expect(await hooks.text()).toEqual(text);
      }
    });
  },
);
