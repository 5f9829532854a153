/** A test, by the names that vitest gives it. */
export interface NamedTest {
  readonly title: string;
  /** The names of the suites around the test and its title, with " > " or a space between them. */
  readonly fullName: string;
}

/** The parts of the JSON report of vitest that are read here. */
export interface VitestReport {
  readonly testResults: ReadonlyArray<{
    /** The test file's absolute path. */
    readonly name: string;
    readonly status: string;
    /** Why vitest could not run the file, if so. */
    readonly message?: string;
    readonly assertionResults: ReadonlyArray<
      NamedTest & { readonly status: string; readonly failureMessages?: readonly string[] | null }
    >;
  }>;
}

/** The outcome of a test: it passed, it failed, or it proves nothing about the code. */
export type TestOutcome =
  | { readonly kind: "passed"; readonly fullName: string }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "unclear"; readonly why: string };

/** The outcome of the one test that `matchTests` finds. The outcome is `failed` only if this test itself fails. */
export function outcomeOf(report: VitestReport, file: string, test: string): TestOutcome {
  const result = report.testResults.find(({ name }) => name.endsWith(`/${file}`));
  if (result === undefined) return unclear(`vitest found no file ${file}`);
  const ran = result.assertionResults.filter(({ status }) => status === "passed" || status === "failed");
  const matches = matchTests(ran, test);
  const [match] = matches;
  if (match === undefined) {
    // An error in an import or in `beforeAll` fails the file, and none of its tests run.
    return unclear(
      result.message ? `${file} did not run: ${firstLine(result.message)}` : "no test of that name ran",
    );
  }
  if (matches.length > 1) {
    return unclear(
      `${matches.length} tests match in place of one: ${matches.map((one) => one.fullName).join("; ")}`,
    );
  }
  if (match.status === "passed") return { kind: "passed", fullName: match.fullName };
  const message = firstLine(match.failureMessages?.[0] ?? "");
  // Such an error fails any test, so it proves nothing about the behaviour.
  if (/^(ReferenceError|SyntaxError)\b/.test(message)) return unclear(`the test ran broken code: ${message}`);
  return { kind: "failed", message };
}

/** The tests whose title or full name is `test`. If no test has that name, the tests whose full name contains it. */
export function matchTests<Test extends NamedTest>(tests: readonly Test[], test: string): Test[] {
  const exact = tests.filter((one) => [plain(one.title), plain(one.fullName)].includes(plain(test)));
  return exact.length > 0 ? exact : tests.filter((one) => plain(one.fullName).includes(plain(test)));
}

/** A pattern for `--testNamePattern` that matches every full name that contains `test`. */
export function namePattern(test: string): string {
  const escaped = test.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return escaped.replaceAll(" > ", "( > | )");
}

/** Vitest prints " > " between suite and test, but reports and matches names with a space. */
function plain(name: string): string {
  return name.replaceAll(" > ", " ");
}

function unclear(why: string): TestOutcome {
  return { kind: "unclear", why };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
