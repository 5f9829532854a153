import { entries, type Project, peers } from "./project.ts";

/** Tests as users write them, with the imports of `NAMES`. */
const TESTS = `
test("counts alice until her tab closes", async () => {
  const presence = await createPresence({ pubsub: memoryPubSub() });
  const client = new PresenceClient();
  presence.subscribe("article:7", (message) => client.receive(message.json));
  const tab = new AbortController();
  presence.track(tab.signal, "article:7", "alice");
  expect(presence.count("article:7", "alice")).toBe(1);
  expect(client.list((key) => key)).toEqual(["alice"]);
  tab.abort();
  expect(presence.count("article:7", "alice")).toBe(0);
  expect(client.list((key) => key)).toEqual([]);
  await presence.close();
});

test("simulates a cluster", () => {
  const { tokyo, paris, advance } = simulate(["tokyo", "paris"]);
  tokyo.track("socket 1", "lobby", "alice");
  advance(5_000);
  expect(paris.keys("lobby")).toEqual(["alice"]);
});
`;

const NAMES = {
  rollcall: "createPresence, memoryPubSub",
  "rollcall/client": "PresenceClient",
  "rollcall/testing": "simulate",
};

const JEST = ["node_modules/jest/bin/jest.js", "--ci", "--json"];

/** Most users of Jest write CommonJS; its mode for ES modules is experimental. */
export function checkJest(project: Project): string {
  const imported = Object.entries(NAMES).map(([entry, names]) => `import { ${names} } from "${entry}";`);
  project.write("presence.test.cjs", required() + TESTS + requiringEach(entries));
  project.write("presence.test.mjs", imported.join("\n") + TESTS);
  const plain = passed(project.run("node", ...JEST, "presence.test.cjs"));
  const modules = passed(project.run("node", "--experimental-vm-modules", ...JEST, "presence.test.mjs"));
  const wanted = [2 + entries.length, 2];
  if (plain !== wanted[0] || modules !== wanted[1]) {
    throw new Error(`${plain} and ${modules} tests passed, not ${wanted.join(" and ")}`);
  }
  return `${plain} tests passed as CommonJS, ${modules} as ES modules`;
}

/** Jest 27 does not read `exports`: it finds subpaths by their stub folders. */
export function checkJest27(project: Project): string {
  // `main` of fast-check 4 is an ES module, which Jest 27 cannot require. It can still resolve our entry.
  const loading = entries.filter((entry) => peers[entry] !== "fast-check");
  const resolving = `test.each(${JSON.stringify(entries)})("resolves %s", (entry) => {
  expect(require.resolve(entry)).toMatch(/rollcall.dist.*\\.cjs$/);
});
`;
  project.write("presence.test.js", required() + TESTS + requiringEach(loading) + resolving);
  const count = passed(project.run("node", ...JEST, "presence.test.js"));
  const wanted = 2 + loading.length + entries.length;
  if (count !== wanted) throw new Error(`${count} tests passed, not ${wanted}`);
  return `${count} tests passed`;
}

function required(): string {
  return Object.entries(NAMES)
    .map(([entry, names]) => `const { ${names} } = require("${entry}");`)
    .join("\n");
}

function requiringEach(names: readonly string[]): string {
  return `test.each(${JSON.stringify(names)})("requires %s", (entry) => {
  expect(Object.keys(require(entry))).not.toEqual([]);
});
`;
}

/** Throws when Jest fails, so all tests that ran have passed. */
function passed(report: string): number {
  return JSON.parse(report).numPassedTests;
}
