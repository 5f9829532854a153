import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { JSDOM, type TestElement } from "jsdom";
import { compile } from "svelte/compiler";
import { afterEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const guide = readFileSync(new URL("../../docs/client.md", import.meta.url), "utf8");

/** The sample of the guide in this language that contains this text. */
function sample(language: string, text: string): string {
  const blocks = Array.from(
    guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms")),
    ([, code]) => code!,
  );
  const [found, ...others] = blocks.filter((code) => code.includes(text));
  expect([found === undefined, others.length]).toEqual([false, 0]);
  return found!;
}

/** A store that counts its listeners. */
const LOBBY = `
  import { createPresenceStore } from "rollcall/client";
  const store = createPresenceStore();
  let listeners = 0;
  export const lobby = {
    ...store,
    listeners: () => listeners,
    subscribe(listener) {
      const stop = store.subscribe(listener);
      listeners++;
      return () => { listeners--; stop(); };
    },
  };`;

/** Each page exports a function that mounts the sample in an element and returns one that unmounts it. */
const pages: Record<string, () => { readonly modules: Record<string, string>; readonly mount: string }> = {
  Svelte: () => ({
    modules: {
      "./here.js": compile(sample("svelte", "svelte/store"), { generate: "client", name: "Here" }).js.code,
    },
    mount: `
      import { flushSync, mount, unmount } from "svelte";
      import Here from "./here.js";
      export const start = (target) => {
        const component = mount(Here, { target });
        flushSync();
        return () => void unmount(component);
      };
      export const flush = async () => flushSync();`,
  }),
  Vue: () => ({
    modules: { "./here.js": sample("ts", 'from "vue"') },
    mount: `
      import { createApp, h, nextTick } from "vue";
      import { lobby } from "./lobby.js";
      import { usePresences } from "./here.js";
      export const start = (target) => {
        const app = createApp({
          setup() {
            const here = usePresences(lobby);
            return () => h("ul", Object.entries(here.value).map(([name, { metas }]) => h("li", name + " (" + metas.length + ")")));
          },
        });
        app.mount(target);
        return () => app.unmount();
      };
      export const flush = () => nextTick();`,
  }),
  Solid: () => ({
    modules: { "./here.js": sample("ts", 'from "solid-js"') },
    mount: `
      import h from "solid-js/h";
      import { For } from "solid-js";
      import { render } from "solid-js/web";
      import { lobby } from "./lobby.js";
      import { createPresences } from "./here.js";
      export const start = (target) => render(() => {
        const here = createPresences(lobby);
        return h("ul", h(For, { each: () => Object.entries(here()) }, ([name, { metas }]) => h("li", name + " (" + metas.length + ")")));
      }, target);
      export const flush = async () => {};`,
  }),
};

interface Page {
  start(target: TestElement): () => void;
  flush(): Promise<void>;
  readonly lobby: { receive(message: object): void; listeners(): number };
}

const windows: JSDOM[] = [];
afterEach(() => {
  for (const dom of windows.splice(0)) dom.window.close();
});

async function open(name: string): Promise<Page & { readonly document: TestElement }> {
  const { modules, mount } = pages[name]!();
  const { outputFiles } = await build({
    stdin: { contents: `${mount}\nexport { lobby } from "./lobby.js";`, resolveDir: root },
    plugins: [virtual({ ...modules, "./lobby.js": LOBBY })],
    alias: { "rollcall/client": `${root}src/client/index.ts` },
    define: {
      "process.env.NODE_ENV": '"development"',
      __VUE_OPTIONS_API__: "false",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
    conditions: ["browser", "development"],
    bundle: true,
    format: "iife",
    globalName: "page",
    write: false,
    logLevel: "error",
  });
  const dom = new JSDOM("<!doctype html><main></main>", { runScripts: "outside-only" });
  windows.push(dom);
  // The window has no TextEncoder, like that of jest-environment-jsdom.
  expect(dom.window["TextEncoder"]).toBeUndefined();
  dom.window.eval(outputFiles[0]!.text);
  return Object.assign(dom.window["page"] as Page, { document: dom.window.document });
}

function virtual(modules: Record<string, string>): Plugin {
  return {
    name: "virtual",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\// }, ({ path, namespace, importer }) =>
        path in modules && (namespace === "sample" || importer === "" || importer === "<stdin>")
          ? { path, namespace: "sample" }
          : undefined,
      );
      onLoad({ filter: /.*/, namespace: "sample" }, ({ path }) => ({
        contents: modules[path]!,
        loader: "ts",
        resolveDir: root,
      }));
    },
  };
}

describe.each(Object.keys(pages))("the sample for %s in the guide", (name) => {
  it("shows presences before and after each message, and leaves no listener behind", async () => {
    const page = await open(name);
    const main = page.document.querySelector("main")!;
    const shown = () => Array.from(main.querySelectorAll("li"), (item) => item.textContent);
    const receive = async (event: string, payload: object) => {
      page.lobby.receive({ event, payload });
      await page.flush();
    };
    await receive("presence_state", { alice: { metas: [{ phx_ref: "a1" }] } });
    for (let round = 0; round < 2; round++) {
      const stop = page.start(main);
      await page.flush();
      expect([shown(), page.lobby.listeners()]).toEqual([["alice (1)"], 1]);
      await receive("presence_diff", {
        joins: { alice: { metas: [{ phx_ref: "a2" }] }, constructor: { metas: [{ phx_ref: "c1" }] } },
        leaves: {},
      });
      expect(shown()).toEqual(["alice (2)", "constructor (1)"]);
      stop();
      await page.flush();
      expect([shown(), page.lobby.listeners()]).toEqual([[], 0]);
      await receive("presence_state", { alice: { metas: [{ phx_ref: "a1" }] } });
    }
  });
});
