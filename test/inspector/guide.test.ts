import { expect, it } from "vitest";
import { compileSamples, forNode } from "../support/samples.ts";

it("has a guide whose samples compile, each on its own", () => {
  const entries = { rollcall: "index.ts", "rollcall/inspector": "inspector/index.ts" };
  const { count, faults } = compileSamples("docs/inspector.md", { ...forNode, entries });
  expect(count).toBe(2);
  expect(faults).toBe("");
});
