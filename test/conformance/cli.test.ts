import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { bundledTraceLines, bundledTracePath } from "./bundled-traces.ts";
import type { RawStateTrace } from "./state/raw-state-trace.ts";

const CLI = fileURLToPath(new URL("cli.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rollcall-conformance-"));

afterAll(() => rmSync(folder, { recursive: true }));

describe("npm run conformance", () => {
  it("exits 0 and says how many passed", () => {
    const { status, lastLine } = conformance(bundledTracePath("state-cases"));
    expect({ status, lastLine }).toEqual({ status: 0, lastLine: "13 passed, 0 failed" });
  });

  it("replays several files, and names the traces that it can't judge, which are in no sum", () => {
    const { status, lastLine, stdout } = conformance(
      bundledTracePath("channels"),
      bundledTracePath("state-cases"),
    );
    expect({ status, lastLine }).toEqual({ status: 0, lastLine: "90 passed, 0 failed" });
    expect(stdout).toContain("channels: 24 not judged, having no exact:\n  connect-rejected/raw/-\n");
  });

  it("exits 1 and names the file, the line, the trace and the step of each failure", () => {
    const [first, second, ...others] = bundledTraceLines("state").slice(0, 5);
    const lines = [first, withLaterTag(second!), ...others, "{", '{"kind":"weather"}'];
    const file = write("altered.jsonl", lines.join("\n"));
    const { status, stdout, lastLine } = conformance(file, join(folder, "absent.jsonl"));
    expect({ status, lastLine }).toEqual({ status: 1, lastLine: "4 passed, 4 failed" });
    expect(stdout).toMatch(/altered\.jsonl:2: state-000\d+\n {2}exact, step \d+ \(join at \w+\): tag/);
    expect(stdout).toMatch(/altered\.jsonl:6: not JSON/);
    expect(stdout).toMatch(/altered\.jsonl:7: trace\.kind is "weather"/);
    expect(stdout).toMatch(/absent\.jsonl: the file can't be read/);
  });

  it("exits 1 when no trace was judged, and says so", () => {
    const inexact = bundledTraceLines("channels").filter((line) => line.includes('"check":[]'));
    const { status, stdout, lastLine } = conformance(write("inexact.jsonl", inexact.join("\n")));
    expect({ status, lastLine }).toEqual({ status: 1, lastLine: "0 passed, 0 failed" });
    expect(stdout).toContain("No trace was judged.\n");
  });

  it("exits 1 for a file without a trace, and for one that is damaged", () => {
    const { status, lastLine } = conformance(
      write("empty.jsonl", "\n"),
      write("damaged.jsonl.gz", Uint8Array.of(0x1f, 0x8b)),
    );
    expect({ status, lastLine }).toEqual({ status: 1, lastLine: "0 passed, 2 failed" });
  });

  it("exits 1 and explains itself when it is given no file", () => {
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
