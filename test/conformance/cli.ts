import { basename } from "node:path";
import { Progress } from "../../scripts/progress.ts";
import { ConformanceReport } from "./conformance-report.ts";

const USAGE = `Usage: npm run conformance -- FILE…

Replays recorded traces, one JSON object a line, .jsonl or .jsonl.gz, and compares what we do with what the
reference did. Exits 1 when a trace fails, and when none was judged.`;

const files = process.argv.slice(2);
if (files.length > 0) {
  const report = new ConformanceReport();
  const progress = new Progress("conformance", { of: files.length, unit: "files" });
  for (const [done, file] of files.entries()) {
    await report.addFile(file, () => progress.at(done, `${basename(file)}, ${report.verified} traces`));
  }
  progress.end();
  print(report);
  if (report.failures.length > 0 || report.verified === 0) process.exitCode = 1;
} else {
  console.error(USAGE);
  process.exitCode = 1;
}

function print({ passed, verified, failures, notVerified }: ConformanceReport): void {
  for (const failure of failures) console.log(failure);
  for (const [kind, names] of notVerified) {
    console.log(`${kind}: ${names.length} not judged, having no exact:`);
    for (const name of names) console.log(`  ${name}`);
  }
  if (verified === 0) console.log("No trace was judged.");
  console.log(`${passed} passed, ${failures.length} failed`);
}
