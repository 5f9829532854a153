import { readFileSync } from "node:fs";
import { openBrowser } from "../browser.ts";
import { bundleForBrowser, kilobytes } from "../browser-sizes.ts";
import { type Project, root } from "./project.ts";

/** The script of a page that receives a state and a diff with the client of the tarball. */
const PAGE = `
import { PresenceClient } from "rollcall/client";
const client = new PresenceClient();
client.onSync(() => {
  document.querySelector("b").textContent = client.list((key) => key).length + " here";
});
client.receive({ event: "presence_state", payload: { alice: { metas: [{ phx_ref: "1" }] } } });
client.receive('{"event":"presence_diff","payload":{"joins":{"bob":{"metas":[{"phx_ref":"2"}]}},"leaves":{}}}');
`;

/** The client contains only our code, has the size that the README shows, and runs in Chromium. */
export async function checkBrowser(project: Project): Promise<string> {
  const { bytes, metafile } = await bundleForBrowser('export * from "rollcall/client";', project.folder);
  const { code, metafile: ofPage } = await bundleForBrowser(PAGE, project.folder);
  for (const { inputs, outputs } of [metafile, ofPage]) {
    const foreign = Object.keys(inputs).filter((path) => !/^(<stdin>$|node_modules\/rollcall\/)/.test(path));
    const outside = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    if (foreign.length + outside.length > 0) {
      throw new Error(`the bundle of the client contains ${[...foreign, ...outside]}`);
    }
  }
  const sizes = readFileSync(`${root}README.md`, "utf8").match(/\d+\.\d kB/g) ?? [];
  if (sizes.length === 0 || sizes.some((size) => size !== kilobytes(bytes))) {
    throw new Error(`the client is ${bytes} B; README.md shows ${sizes.join(", ") || "no size"}`);
  }
  const shown = await runInBrowser(code);
  if (shown !== "2 here") throw new Error(`the page shows ${shown}, not "2 here"`);
  return `rollcall/client is ${bytes} B, all of it our code; a page in Chromium shows "${shown}"`;
}

async function runInBrowser(code: string): Promise<string | null> {
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    const errors: Error[] = [];
    page.on("pageerror", (error) => errors.push(error));
    await page.setContent(`<b>nothing</b><script type="module">${code}</script>`, { waitUntil: "load" });
    if (errors[0] !== undefined) throw errors[0];
    return await page.textContent("b");
  } finally {
    await browser.close();
  }
}
