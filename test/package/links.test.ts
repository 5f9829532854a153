import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
// Tracked and new files; not those that git ignores.
const pages = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((page) => page !== "" && existsSync(root + page));

it("finds the pages and their links", () => {
  expect(pages).toContain("README.md");
  expect(pages).toContain("docs/drivers/redis.md");
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(40);
});

it.each(pages)("every link of %s has a target", (page) => {
  expect(linksOf(page).filter((link) => !hasTarget(page, link))).toEqual([]);
});

it("the index of the guide links to every page", () => {
  const named = new Set(linksOf("docs/README.md").map((link) => `docs/${link}`));
  const guide = pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
  expect(guide.filter((page) => !named.has(page))).toEqual([]);
});

it("the pages of the drivers have the same headings", () => {
  const drivers = pages.filter((page) => page.startsWith("docs/drivers/"));
  expect(drivers.length).toBeGreaterThan(7);
  for (const page of drivers) expect(headingsOf(page, "##"), page).toEqual(headingsOf(drivers[0]!, "##"));
});

it("every word of the glossary has a link to it", () => {
  const linked = new Set(pages.flatMap(linksOf));
  const words = headingsOf("docs/glossary.md", "###");
  expect(words.length).toBeGreaterThan(20);
  expect(words.filter((word) => !linked.has(`glossary.md#${word}`))).toEqual([]);
});

it.each([
  ["a file that does not exist", "docs/nowhere.md"],
  ["a heading that does not exist", "README.md#nowhere"],
  ["a heading of a folder", "docs/#nowhere"],
])("finds that a link leads to %s", (_, link) => {
  expect(hasTarget("README.md", link)).toBe(false);
});

/** The relative links of a page, including images. */
function linksOf(page: string): string[] {
  const links = Array.from(proseOf(page).matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g), ([, link]) => link!);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

function hasTarget(page: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(root + target)) return false;
  return heading === undefined || (statSync(root + target).isFile() && headingsOf(target).includes(heading));
}

/** The anchors that GitHub gives to the headings: the second `name` is `name-1`. */
function headingsOf(page: string, level = "#+"): string[] {
  const taken = new Map<string, number>();
  return Array.from(proseOf(page).matchAll(new RegExp(`^${level} +(.*)$`, "gm")), ([, title]) => {
    const name = title!
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[^\p{Letter}\p{Number} _-]/gu, "")
      .replaceAll(" ", "-");
    const times = taken.get(name) ?? 0;
    taken.set(name, times + 1);
    return times === 0 ? name : `${name}-${times}`;
  });
}

/** The text of a page without its code, where brackets are not links. */
function proseOf(page: string): string {
  return readFileSync(root + page, "utf8")
    .replace(/^ *```.*?^ *```$/gms, "")
    .replace(/(?<!`)`[^`\n]*`(?!`)/g, (code) => (code.includes("](") ? "" : code));
}
