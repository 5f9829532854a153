import { basename } from "node:path";
import { Progress } from "../../scripts/progress.ts";
import { Report } from "./conformance-report.ts";

const USAGE = `Usage: npm run conformance -- FILE…

Replays recorded traces, one JSON object a line, .jsonl or .jsonl.gz, and compares what we do with what the
reference did. Exits 1 when a trace fails, and when none was judged.`;

const files = process.argv.slice(2);
if (files.length > 0) {
  const report = new Report();
  const progress = new Progress("conformance", { of: files.length, unit: "files" });
  for (const [done, file] of files.entries()) {
    await report.addFile(file, () => progress.at(done, `${basename(file)}, ${report.judged} traces`));
  }
  progress.end();
  print(report);
  if (report.failures.length > 0 || report.judged === 0) process.exitCode = 1;
} else {
  console.error(USAGE);
  process.exitCode = 1;
}

function print({ passed, judged, failures, notJudged }: Report): void {
  for (const failure of failures) console.log(failure);
  for (const [kind, names] of notJudged) {
    console.log(`${kind}: ${names.length} not judged, having no exact:`);
    for (const name of names) console.log(`  ${name}`);
  }
  if (judged === 0) console.log("No trace was judged.");
  console.log(`${passed} passed, ${failures.length} failed`);
}
