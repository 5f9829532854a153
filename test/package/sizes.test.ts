import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { browserBundles, bytesOf, kilobytes } from "../../scripts/browser-sizes.ts";

const [reading, client] = await Promise.all(browserBundles.map(bytesOf));

it.each(["README.md", "docs/README.md", "docs/from-phoenix.md"])(
  "%s shows the size of the client",
  (page) => {
    const sizes = read(page).match(/\d+\.\d kB/g) ?? [];
    expect(sizes).toEqual([kilobytes(client!)]);
  },
);

it.each([
  ["`syncState`, `syncDiff`, `list`", reading!, browserBundles[0]!.limit],
  ["the whole client", client!, browserBundles[1]!.limit],
])("docs/performance.md shows the size of %s and its limit", (what, bytes, limit) => {
  const row = read("docs/performance.md")
    .split("\n")
    .find((line) => line.startsWith(`| ${what} `));
  const [shown, allowed] = Array.from(row!.matchAll(/([\d ]+) B/g), ([, digits]) =>
    Number(digits!.replaceAll(" ", "")),
  );
  expect(allowed).toBe(limit);
  // Builds of zlib differ by some bytes.
  expect(Math.abs(bytes - shown!)).toBeLessThanOrEqual(0.005 * bytes);
});

it("docs/client.md shows both limits", () => {
  const [, some, all] = /`list` stay under ([\d.]+) kB, and all of it under ([\d.]+) kB/.exec(
    read("docs/client.md"),
  )!;
  expect([Number(some) * 1_000, Number(all) * 1_000]).toEqual([
    browserBundles[0]!.limit,
    browserBundles[1]!.limit,
  ]);
});

function read(page: string): string {
  return readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
}
