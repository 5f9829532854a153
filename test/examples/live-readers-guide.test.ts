import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const folder = new URL("examples/live-readers/", root);

it("the guide's code is the example's own", () => {
  const files = readdirSync(fileURLToPath(folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => withoutLayout(readFileSync(new URL(path, folder), "utf8")));
  const guide = readFileSync(new URL("docs/live-readers.md", root), "utf8");
  const blocks = Array.from(guide.matchAll(/^```ts\n(.*?)^```/gms), ([, code]) => code!);
  expect(blocks.length).toBeGreaterThan(5);
  for (const block of blocks) {
    expect(
      files.some((file) => file.includes(withoutLayout(block))),
      block,
    ).toBe(true);
  }
});

/** Less deeply indented, the same code has other line breaks, and commas at other ends. */
function withoutLayout(code: string): string {
  return code.replace(/\s+/g, "").replace(/,(?=[)\]}])/g, "");
}
