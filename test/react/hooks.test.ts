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

/** A folder with another React than ours in its `node_modules`, to be tested in its place. */
const other = process.env["ROLLCALL_REACT"];

describe.skipIf(!hasBrowser()).each(["development", "production"])(
  "hooks in Chromium, React in %s",
  (mode) => {
    let browser: Browser;
    let script: string;

    beforeAll(async () => {
      const { outputFiles } = await build({
        entryPoints: [fileURLToPath(new URL("browser/stage.tsx", import.meta.url))],
        bundle: true,
        write: false,
        format: "iife",
        define: { "process.env.NODE_ENV": JSON.stringify(mode) },
        alias: other
          ? { react: `${other}/node_modules/react`, "react-dom": `${other}/node_modules/react-dom` }
          : {},
      });
      script = outputFiles[0]!.text;
      browser = await openBrowser();
    });

    afterAll(() => browser?.close());

    /** An empty page, and what goes wrong in it. */
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
      return remoteGlobal<HooksPage>(page, "stage");
    }

    it("lists who is here, and renders only the row of who changed", async () => {
      const stage = await open();
      await stage.mount("list");
      await stage.receive("lobby", aliceAndBob);
      expect(await stage.text()).toEqual(["alice phone", "bob laptop"]);
      expect(await stage.renders()).toEqual({ list: 2, alice: 1, bob: 1 });
      await stage.receive("lobby", aliceOnTwo);
      expect(await stage.text()).toEqual(["alice phone+tablet", "bob laptop"]);
      expect(await stage.renders()).toEqual({ list: 1, alice: 1 });
      await stage.receive("lobby", diff({}, { bob: on("laptop") }));
      expect(await stage.text()).toEqual(["alice phone+tablet"]);
      expect(await stage.renders()).toEqual({ list: 1 });
    });

    it("renders nothing for a message that changes nothing, as a state does that comes once more", async () => {
      const stage = await open();
      await stage.receive("lobby", aliceAndBob);
      await stage.mount("list");
      expect(await stage.renders()).toEqual({ list: 1, alice: 1, bob: 1 });
      await stage.receive("lobby", aliceAndBob);
      await stage.receive("lobby", diff({}, { carol: on("watch") }));
      expect(await stage.renders()).toEqual({});
    });

    it("shows one person, and renders for no other", async () => {
      const stage = await open();
      await stage.mount("people");
      expect(await stage.text()).toEqual(["no alice", "no constructor"]);
      await stage.receive("lobby", aliceAndBob);
      await stage.renders();
      await stage.receive("lobby", diff({ bob: on("watch") }));
      expect(await stage.renders()).toEqual({});
      await stage.receive("lobby", diff({ constructor: on("crane") }));
      expect(await stage.renders()).toEqual({ constructor: 1 });
      await stage.receive("lobby", diff({}, { alice: on("phone") }));
      expect(await stage.renders()).toEqual({ alice: 1 });
      expect(await stage.text()).toEqual(["no alice", "constructor crane"]);
    });

    it("counts, and renders only the number that changed", async () => {
      const stage = await open();
      await stage.mount("counts");
      expect(await stage.text()).toEqual(["? readers", "? writers"]);
      await stage.receive("counts", state(readers(4)));
      expect(await stage.text()).toEqual(["4 readers", "1 writers"]);
      await stage.renders();
      await stage.receive("counts", diff({ readers: { count: 2 } }));
      expect(await stage.text()).toEqual(["6 readers", "1 writers"]);
      expect(await stage.renders()).toEqual({ readers: 1 });
      await stage.receive("counts", diff({ readers: { count: 2 } }, { readers: { count: 2 } }));
      expect(await stage.renders()).toEqual({});
      await stage.receive("counts", state({ readers: { count: 6 } }));
      expect(await stage.text()).toEqual(["6 readers", "0 writers"]);
      expect(await stage.renders()).toEqual({ writers: 1 });
    });

    it("counts the metas of a key, and renders for no change that leaves their number", async () => {
      const stage = await open();
      await stage.mount("devices");
      await stage.receive("lobby", aliceAndBob);
      await stage.receive("lobby", aliceOnTwo);
      expect(await stage.text()).toEqual(["alice on 2"]);
      await stage.renders();
      await stage.receive("lobby", diff({ alice: on("watch"), carol: on("phone") }, { alice: on("tablet") }));
      expect(await stage.renders()).toEqual({});
    });

    it("subscribes once for each hook, and stops when it is unmounted, or is given another source", async () => {
      const stage = await open();
      await stage.receive("attic", state({ carol: on("phone") }));
      await stage.mount("list");
      await stage.receive("lobby", aliceAndBob);
      await stage.receive("lobby", aliceOnTwo);
      expect(await stage.listeners("lobby")).toEqual([1, 1]);
      await stage.mount("listOfAttic");
      expect(await stage.text()).toEqual(["carol phone"]);
      expect(await stage.listeners("lobby")).toEqual([0, 1]);
      expect(await stage.listeners("attic")).toEqual([1, 1]);
      await stage.mount("counts");
      expect(await stage.listeners("counts")).toEqual([2, 2]);
      await stage.unmount();
      expect(await stage.listeners("attic")).toEqual([0, 1]);
      expect(await stage.listeners("counts")).toEqual([0, 2]);
    });

    it("has one subscription left for each hook in Strict Mode, and works", async () => {
      const stage = await open();
      await stage.mountStrictly("list");
      // In development React mounts it, unmounts it, and mounts it again.
      const times = mode === "development" ? 2 : 1;
      expect(await stage.listeners("lobby")).toEqual([1, times]);
      await stage.receive("lobby", aliceAndBob);
      expect(await stage.text()).toEqual(["alice phone", "bob laptop"]);
      await stage.mountStrictly("counts");
      await stage.receive("counts", state(readers(4)));
      expect(await stage.text()).toEqual(["4 readers", "1 writers"]);
      expect(await stage.listeners("counts")).toEqual([2, 2 * times]);
      await stage.unmount();
      expect(await stage.listeners("counts")).toEqual([0, 2 * times]);
    });

    it("never shows two numbers for one count, when messages come while React renders", async () => {
      const stage = await open();
      const { commits, renderedBefore } = await stage.race();
      // The first came when some had rendered for the transition, and others had yet to.
      expect(renderedBefore[0]).toBeGreaterThanOrEqual(8);
      expect(renderedBefore[0]).toBeLessThan(24);
      expect(commits.filter((numbers) => numbers.length !== 1)).toEqual([]);
      expect(commits.at(-1)).toEqual([2]);
    });

    it("begins with what the server rendered, though more is known by then, and goes on to that", async () => {
      for (const [view, html, text] of [
        ["list", "", ["alice phone", "bob laptop"]],
        ["listOfServer", "alice phone", ["alice phone", "bob laptop"]],
        ["peopleOfServer", "alice phoneno constructor", ["alice phone", "no constructor"]],
        ["devices", "alice on undefined", ["alice on 1"]],
      ] as const) {
        const stage = await open();
        expect(await stage.hydrate(view, aliceAndBob)).toEqual({ html, errors: [] });
        expect(await stage.text()).toEqual(text);
      }
    });
  },
);
