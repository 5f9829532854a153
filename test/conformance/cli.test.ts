import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { RawStateTrace } from "./state/raw-state-trace.ts";
import { bundledTraceLines, bundledTracePath } from "./trace-file.ts";

const CLI = fileURLToPath(new URL("cli.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rollcall-conformance-"));

afterAll(() => rmSync(folder, { recursive: true }));

describe("npm run conformance", () => {
  it("exits 0 and prints how many traces passed", () => {
    const { status, lastLine } = conformance(bundledTracePath("state-cases"));
    expect({ status, lastLine }).toEqual({ status: 0, lastLine: "13 passed, 0 failed" });
  });

  it("replays several files, and lists the traces that it can't verify without counting them", () => {
    const { status, lastLine, stdout } = conformance(
      bundledTracePath("channels"),
      bundledTracePath("state-cases"),
    );
    expect({ status, lastLine }).toEqual({ status: 0, lastLine: "90 passed, 0 failed" });
    expect(stdout).toContain(
      'channels: 24 traces not verified, because they have no "exact" check:\n  connect-rejected/raw/-\n',
    );
  });

  it("exits 1 and prints the file, the line, the trace and the step of each failure", () => {
    const [first, second, ...others] = bundledTraceLines("state").slice(0, 5);
    const lines = [first, withLaterTag(second!), ...others, "{", '{"kind":"weather"}'];
    const file = write("corrupted.jsonl", lines.join("\n"));
    const { status, stdout, lastLine } = conformance(file, join(folder, "absent.jsonl"));
    expect({ status, lastLine }).toEqual({ status: 1, lastLine: "4 passed, 4 failed" });
    expect(stdout).toMatch(/corrupted\.jsonl:2: state-000\d+\n {2}exact, step \d+ \(join at \w+\): tag/);
    expect(stdout).toMatch(/corrupted\.jsonl:6: not JSON/);
    expect(stdout).toMatch(/corrupted\.jsonl:7: trace\.kind should be .+, but is "weather"/);
    expect(stdout).toMatch(/absent\.jsonl: the file can't be read/);
  });

  it("exits 1 and says so when no trace could be verified", () => {
    const inexact = bundledTraceLines("channels").filter((line) => line.includes('"check":[]'));
    const { status, stdout, lastLine } = conformance(write("inexact.jsonl", inexact.join("\n")));
    expect({ status, lastLine }).toEqual({ status: 1, lastLine: "0 passed, 0 failed" });
    expect(stdout).toContain("No trace was verified.\n");
  });

  it("exits 1 for a file without a trace and for a damaged file", () => {
    const { status, lastLine } = conformance(
      write("empty.jsonl", "\n"),
      write("damaged.jsonl.gz", Uint8Array.of(0x1f, 0x8b)),
    );
    expect({ status, lastLine }).toEqual({ status: 1, lastLine: "0 passed, 2 failed" });
  });

  it("exits 1 and prints its usage when it gets no file", () => {
    const { status, stderr } = conformance();
    expect(status).toBe(1);
    expect(stderr).toContain("Usage: npm run conformance -- FILE…");
  });
});

function conformance(...files: string[]) {
  const run = spawnSync(process.execPath, ["--import", "tsx", CLI, ...files], { encoding: "utf8" });
  return { ...run, lastLine: run.stdout.trimEnd().split("\n").at(-1) };
}

function withLaterTag(line: string): string {
  const trace = JSON.parse(line) as RawStateTrace;
  trace.steps.find(({ op }) => op === "join")!.expect!.tag[1]++;
  return JSON.stringify(trace);
}

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}
