import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { excerpts, guidePages } from "../../scripts/guide/guide-pages.ts";
import { compileSamples, samplesOf } from "../../scripts/guide/samples.ts";
import { bundleCode } from "../support/bundle.ts";

it("every page with samples is compiled, or copies the code of an example", () => {
  const pages = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
    encoding: "utf8",
  });
  const withSamples = pages
    .trim()
    .split("\n")
    .filter((page) => samplesOf(page).length > 0);
  const covered = [...guidePages.map(({ path }) => path), ...excerpts.map((name) => `docs/${name}.md`)];
  expect(covered.sort()).toEqual(withSamples.sort());
});

describe.each(guidePages)("$path", ({ path, options, printing }) => {
  const samples = samplesOf(path);
  const printingSamples = samples.filter((sample) => printedBy(sample).length > 0);

  it("has samples that compile on their own", () => {
    const { count, faults } = compileSamples(path, options);
    expect(count).toBeGreaterThan(0);
    expect(faults).toBe("");
    expect(printingSamples).toHaveLength(printing);
  });

  it.each(printingSamples.map((sample, index) => [index + 1, sample] as const))(
    "prints the output that the comments of sample %i show",
    async (_, sample) => {
      const { path, remove } = await bundleCode(sample);
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [path], { timeout: 60_000 });
      remove();
      expect(stderr).toBe("");
      expect(stdout.trimEnd().split("\n")).toEqual(printedBy(sample));
    },
  );
});

/** The output that the comments of a sample show, next to the lines that print it. */
function printedBy(sample: string): string[] {
  if (!/console\.log\(.*\); \/\/ |; \/\/ \w+ \[/.test(sample)) return [];
  return Array.from(
    sample.matchAll(/^(?:console\.log\(|presence\.(?!subscribe)|tab\.abort).*; \/\/ (.*)$/gm),
    ([, printed]) => printed!,
  );
}
