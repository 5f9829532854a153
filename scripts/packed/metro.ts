import type { Project } from "./project.ts";

/** The imports of an app after the Babel preset for React Native has compiled them. */
const APP = `
const { PresenceClient } = require("rollcall/client");
const { usePresence } = require("rollcall/react");
const client = new PresenceClient();
client.receive({ event: "presence_state", payload: { alice: { metas: [{ phx_ref: "1" }] } } });
console.log(client.list((key) => key).join(), typeof usePresence);
`;

const BUILD = `
const Metro = require("metro");
(async () => {
  const config = await Metro.loadConfig({ cwd: __dirname, config: __dirname + "/metro.config.js" });
  await Metro.runBuild(config, { entry: "app.js", out: __dirname + "/bundle.js", dev: false, platform: "ios" });
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
`;

/** Metro before 0.82 does not read `exports`: it finds subpaths by their stub folders. */
export function checkMetro(project: Project): string {
  project.write("metro.config.js", "module.exports = { projectRoot: __dirname, cacheStores: [] };\n");
  project.write("app.js", APP);
  project.write("build.js", BUILD);
  project.run("node", "build.js");
  const printed = project.run("node", "bundle.js").trim();
  if (printed !== "alice function") throw new Error(`the app prints ${printed}, not "alice function"`);
  return "Metro bundles an app that uses the client and the hooks, and the app runs";
}
