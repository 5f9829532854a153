import { expect, it } from "vitest";
import { compileSamples, forNode } from "../support/samples.ts";

it("has a guide whose samples compile, each on its own", () => {
  const entries = { rollcall: "index.ts", "rollcall/phoenix": "phoenix/index.ts" };
  const { count, faults } = compileSamples("docs/phoenix.md", { ...forNode, entries });
  expect(count).toBeGreaterThan(3);
  expect(faults).toBe("");
});
