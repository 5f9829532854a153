/** The header of a patch file. */
export interface Mutant {
  /** One sentence: what is broken, and which bug or rule that stands for. */
  readonly bug: string;
  /** The test file to run, as a path from the root of the repository. */
  readonly file: string;
  /** The name of the test that must fail, or a part of the name that no other test of the file has. */
  readonly test: string;
}

const FIELDS = ["Bug", "File", "Test"] as const;

/** Reads the header in front of the diff. Throws when a line is missing, unknown or repeated. */
export function parseMutant(patch: string): Mutant {
  const [header = ""] = patch.split(/^(?:diff --git |--- )/m, 1);
  if (header.length === patch.length) throw new Error("it has no diff");
  const fields = new Map<string, string>();
  for (const line of header.split("\n").filter((text) => text.trim() !== "")) {
    const [, field = "", value = ""] = /^(\w+):(.*)$/.exec(line) ?? [];
    if (!FIELDS.some((known) => known === field))
      throw new Error(`its header has a line that is not ${lines}: ${line}`);
    if (fields.has(field)) throw new Error(`its header has two lines ${field}:`);
    fields.set(field, value.trim());
  }
  const [bug, file, test] = FIELDS.map((field) => {
    const value = fields.get(field);
    if (!value) throw new Error(`its header lacks the line ${field}:`);
    return value;
  }) as [string, string, string];
  return { bug, file, test };
}

const lines = FIELDS.map((field) => `${field}:`).join(", ");
