import ts from "typescript";
import { expect, it } from "vitest";
import { compileSamples } from "../support/samples.ts";

it("has a guide whose samples compile in a browser project, each on its own", () => {
  const { count, faults } = compileSamples("docs/react.md", {
    entries: { "rollcall/client": "client/index.ts", "rollcall/react": "react/index.ts" },
    moduleDetection: ts.ModuleDetectionKind.Force,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    jsx: ts.JsxEmit.ReactJSX,
    types: [],
  });
  expect(count).toBe(5);
  expect(faults).toBe("");
});
