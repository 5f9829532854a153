import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readBenchOptions } from "../../bench/bench-options.ts";
import { commandPlans, planOf } from "../../scripts/guide/command-plans.ts";
import { commandsIn, commandsOf } from "../../scripts/guide/guide-commands.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const shown = commandsIn(root);

it("every command of the README and the guide has a plan, and every plan has a command", () => {
  expect(shown.length).toBeGreaterThan(40);
  expect(shown.filter(({ command }) => planOf(command) === undefined)).toEqual([]);
  const shownCommands = new Set(shown.map(({ command }) => command));
  // The examples have a plan with and one without `npm ci`, and a page may show only one of them.
  const commands = Object.keys(commandPlans).filter((command) => !command.startsWith("npm run example:"));
  expect(commands.filter((command) => !shownCommands.has(command))).toEqual([]);
});

it("every command that is planned as a part of CI is a line of .ci/run", () => {
  const lines = readFileSync(`${root}.ci/run`, "utf8").split("\n");
  const parts = Object.values(commandPlans).flatMap((plan) => (plan.how === "ci" ? [plan.line] : []));
  expect(parts.length).toBeGreaterThan(3);
  expect(parts.filter((part) => !lines.some((line) => line.trim().replace(/ &$/, "") === part))).toEqual([]);
});

it("every npm script that a page names exists, also on the pages for contributors", () => {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const pages = ["CONTRIBUTING.md", "RELEASING.md", "CHANGELOG.md"].flatMap((page) =>
    commandsOf(readFileSync(root + page, "utf8")),
  );
  const named = [...shown.map(({ command }) => command), ...pages].flatMap((command) =>
    Array.from(command.matchAll(/npm run ([\w:.-]+)/g), ([, name]) => name!),
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

it("the bench accepts the arguments that pages show", () => {
  const suites = readdirSync(`${root}bench`).filter((name) =>
    existsSync(`${root}bench/${name}/${name}-suite.ts`),
  );
  const benches = shown
    .map(({ command }) => command)
    .filter((command) => command.startsWith("npm run bench"));
  expect(benches.length).toBeGreaterThan(10);
  for (const bench of benches) {
    const args = bench.split(" ").slice(bench.includes(" -- ") ? 4 : 3);
    expect(() => readBenchOptions(args, suites), bench).not.toThrow();
  }
});

it("finds commands in blocks, without their comments, and in text", () => {
  const page =
    "Say `npm test`.\n\n```sh\nnpm start   # a page\n\nnode a.js\n```\n\n```ts\nconst a = `npm x`;\n```\n";
  expect(commandsOf(page)).toEqual(["npm start", "node a.js", "npm test"]);
});
