import { entries, type Project } from "./project.ts";

/** As most who use Jest have it: CommonJS, each entry required; and in its mode for ES modules. */
export function checkJest(project: Project): string {
  const body = `
test("counts who is tracked, until nobody is", async () => {
  const presence = await createPresence({ pubsub: memoryPubSub() });
  const client = new PresenceClient();
  presence.subscribe("article:7", (message) => client.receive(String(message)));
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
  const names = {
    rollcall: "createPresence, memoryPubSub",
    "rollcall/client": "PresenceClient",
    "rollcall/testing": "simulate",
  };
  const required = Object.entries(names).map(([entry, some]) => `const { ${some} } = require("${entry}");`);
  const imported = Object.entries(names).map(([entry, some]) => `import { ${some} } from "${entry}";`);
  const each = `test.each(${JSON.stringify(entries)})("requires %s", (entry) => {
  expect(Object.keys(require(entry))).not.toEqual([]);
});
`;
  project.write("presence.test.cjs", required.join("\n") + body + each);
  project.write("presence.test.mjs", imported.join("\n") + body);
  const jest = ["node_modules/jest/bin/jest.js", "--ci", "--json"];
  const plain = passed(project.run("node", ...jest, "presence.test.cjs"));
  const modules = passed(project.run("node", "--experimental-vm-modules", ...jest, "presence.test.mjs"));
  const wanted = [2 + entries.length, 2];
  if (plain !== wanted[0] || modules !== wanted[1]) {
    throw new Error(`${plain} and ${modules} tests passed, not ${wanted.join(" and ")}`);
  }
  return `${plain} tests passed as CommonJS, ${modules} as ES modules`;
}

function passed(report: string): number {
  return JSON.parse(report).numPassedTests;
}
