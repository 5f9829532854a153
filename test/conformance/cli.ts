import { basename } from "node:path";
import { Progress } from "../../scripts/progress.ts";
import { ConformanceReport } from "./conformance-report.ts";

const USAGE = `Usage: npm run conformance -- FILE…

Replays traces that were recorded from the reference and compares our results with the recorded ones.
A file has one trace per line, as JSON, and may be gzipped (.jsonl or .jsonl.gz).
Exits 1 if a trace fails, or if no trace could be verified.`;

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
    console.log(`${kind}: ${names.length} traces not verified, because they have no "exact" check:`);
    for (const name of names) console.log(`  ${name}`);
  }
  if (verified === 0) console.log("No trace was verified.");
  console.log(`${passed} passed, ${failures.length} failed`);
}
