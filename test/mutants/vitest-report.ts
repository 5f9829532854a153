/** The parts of vitest's JSON report that we read. */
export interface VitestReport {
  readonly testResults: ReadonlyArray<{
    /** The test file's absolute path. */
    readonly name: string;
    readonly status: string;
    /** Why the file could not be collected, when it could not. */
    readonly message?: string;
    readonly assertionResults: ReadonlyArray<{
      /** Names of the suites around the test, and its own, with a space between. */
      readonly fullName: string;
      readonly title: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }>;
  }>;
}

/** What became of one test: it passed, it failed as a test does, or it said nothing about the code. */
export type TestOutcome =
  | { readonly kind: "passed"; readonly fullName: string }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "unclear"; readonly why: string };

/**
 * Says what became of the one test of this name: its own, or else a part of its full name. Only the failing of that
 * test itself counts as failing.
 */
export function outcomeOf(report: VitestReport, file: string, test: string): TestOutcome {
  const result = report.testResults.find(({ name }) => name.endsWith(`/${file}`));
  if (result === undefined) return unclear(`vitest found no file ${file}`);
  const ran = result.assertionResults.filter(({ status }) => status === "passed" || status === "failed");
  const exact = ran.filter((one) => [one.title, plain(one.fullName)].includes(plain(test)));
  const matches = exact.length > 0 ? exact : ran.filter((one) => plain(one.fullName).includes(plain(test)));
  const [match] = matches;
  if (match === undefined) {
    // An import that throws, or a `beforeAll`, fails the file and runs none of its tests.
    return unclear(
      result.message ? `${file} did not run: ${firstLine(result.message)}` : "no test of that name ran",
    );
  }
  if (matches.length > 1) {
    return unclear(
      `${matches.length} tests match, not one: ${matches.map((one) => one.fullName).join("; ")}`,
    );
  }
  if (match.status === "passed") return { kind: "passed", fullName: match.fullName };
  const message = firstLine(match.failureMessages?.[0] ?? "");
  // Not a finding about behaviour: any test would have stumbled over it.
  if (/^(ReferenceError|SyntaxError)\b/.test(message)) return unclear(`the test met broken code: ${message}`);
  return { kind: "failed", message };
}

/** A pattern for vitest's `--testNamePattern` that matches every full name with `test` in it. */
export function namePattern(test: string): string {
  const escaped = test.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return escaped.replaceAll(" > ", "( > | )");
}

/** A name as vitest prints it has " > " between suite and test; as it reports and matches it, a space. */
function plain(name: string): string {
  return name.replaceAll(" > ", " ");
}

function unclear(why: string): TestOutcome {
  return { kind: "unclear", why };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
