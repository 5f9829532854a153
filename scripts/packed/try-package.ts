/** Packs the tarball and tries it as a user would, in empty folders. `.ci/run packed`. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { checkBrowser } from "./browser.ts";
import { checkContents } from "./contents.ts";
import { checkBare, checkWithPeers } from "./entry-points.ts";
import { checkInstalls } from "./installs.ts";
import { checkJest, checkJest27 } from "./jest.ts";
import { checkMetro } from "./metro.ts";
import { checkPm2 } from "./pm2.ts";
import { ours, type Project, pack, peers, projectIn } from "./project.ts";
import { checkFirstSample, checkSamples } from "./samples.ts";
import { checkBrowserTypes, checkNodeTypes } from "./types.ts";

const temporary = mkdtempSync(join(tmpdir(), "rollcall-packed-"));
process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));
// A signal ends Node without an exit event, which would leave the folder and the started processes behind.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const tarball = pack(temporary);
console.log(`${basename(tarball)}, ${statSync(tarball).size} B`);

await step("contents", () => checkContents(tarball));

const bare = install("bare", { type: "module" });
await step("with no peer", () => checkBare(bare));
await step("first sample", () => checkFirstSample(bare));
await step("types, in a browser project", () => checkBrowserTypes(bare));
await step("browser", () => checkBrowser(bare));

const types = ["@types/node", "@types/react", "@types/ws"].map(ours);
const full = install("full", { type: "module" }, ...Object.values(peers).map(ours), ...types);
await step("with the peers", () => checkWithPeers(full));
await step("types, in a project for Node", () => checkNodeTypes(full));

// Only these checks need Jest, Metro and PM2. Their versions are exact, so that a new release cannot break an old commit.
const jest = install("jest", {}, ...Object.values(peers).map(ours), "jest@30.5.2");
await step("jest", () => checkJest(jest));

const jest27 = install("jest-27", {}, ...Object.values(peers).map(ours), "jest@27.5.1");
await step("jest 27", () => checkJest27(jest27));

const metro = install("metro", {}, ours("react"), "metro@0.81.5");
await step("metro before 0.82", () => checkMetro(metro));

const pm2 = install("pm2", { type: "module" }, ours("redis"), ours("ws"), "pm2@7.0.4");
await step("PM2, in cluster mode", () => checkPm2(pm2));

await step("samples", () => checkSamples(join(temporary, "samples"), tarball));
await step("installs", () => checkInstalls((name) => projectIn(join(temporary, name), {}), tarball));

function install(name: string, manifest: object, ...packages: readonly string[]): Project {
  const project = projectIn(join(temporary, name), manifest);
  project.run("npm", "install", "--no-save", "--no-audit", "--no-fund", tarball, ...packages);
  return project;
}

async function step(name: string, check: () => string | Promise<string>): Promise<void> {
  const started = performance.now();
  console.log(`- ${name}`);
  const result = await check();
  console.log(`  ${result} (${((performance.now() - started) / 1_000).toFixed(1)} s)`);
}
