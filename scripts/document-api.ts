/**
 * Writes the API reference of all entry points to `docs/api`: `npm run docs`. With `--check` it writes nothing.
 *
 * It fails for a broken link, for a public type that refers to one that is not exported, and for an export without a
 * docstring or an `@example`.
 */
import { fileURLToPath } from "node:url";
import {
  Application,
  type Comment,
  Converter,
  type DeclarationReflection,
  type ProjectReflection,
  ReferenceReflection,
  ReflectionKind,
} from "typedoc";
import tsup from "../tsup.config.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = (tsup as { entry: Record<string, string> }).entry;

const application = await Application.bootstrap({
  name: "rollcall",
  entryPoints: Object.values(sources).map((source) => root + source),
  tsconfig: `${root}scripts/document-api.json`,
  readme: "none",
  githubPages: false,
  // `npm run check:types` reports these errors.
  skipErrorChecking: true,
  excludeInternal: true,
  excludePrivate: true,
  // Links to sources would lead to the remote of this clone.
  disableSources: true,
  validation: { notExported: true, invalidLink: true, notDocumented: false },
  // Other exports mention these types, and users never create a value of them.
  intentionallyNotExported: [
    ...["delivery", "bytes", "unsubscribing", "closing", "reconnecting"].map(
      (rules) => `src/testing/pubsub-rules/${rules}.ts:${rules[0]!.toUpperCase()}${rules.slice(1)}Rule`,
    ),
  ],
  treatWarningsAsErrors: true,
});
application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => nameModules(project));

const project = await application.convert();
if (project === undefined) process.exit(1);
application.validate(project);
const exported = modulesOf(project).flatMap(({ name, children = [] }) =>
  children.map((child) => [`${child.name} of ${name}`, commentsOf(child)] as const),
);
for (const [name, comments] of exported) {
  if (comments.length === 0) application.logger.error(`${name} has no docstring`);
  else if (!comments.some((comment) => comment.getTag("@example"))) {
    application.logger.error(`${name} has no @example`);
  }
}
if (exported.length < 100) application.logger.error(`only ${exported.length} exports were found`);
if (application.logger.hasErrors() || application.logger.hasWarnings()) process.exit(1);
if (!process.argv.includes("--check")) await application.generateDocs(project, `${root}docs/api`);
console.log(
  `${exported.length} exports of ${modulesOf(project).length} entry points, each documented with a sample`,
);

/** Names the modules by their import path instead of their file. */
function nameModules(project: ProjectReflection): void {
  for (const module of modulesOf(project)) {
    module.name = module.name === "index" ? "rollcall" : `rollcall/${module.name}`;
  }
}

function modulesOf(project: ProjectReflection): DeclarationReflection[] {
  return project.getChildrenByKind(ReflectionKind.Module);
}

/** The comments of an export; those of a function belong to its signatures. */
function commentsOf(exported: DeclarationReflection): Comment[] {
  const target = exported instanceof ReferenceReflection ? exported.getTargetReflectionDeep() : exported;
  const { comment, signatures = [] } = target as DeclarationReflection;
  return [comment, ...signatures.map((signature) => signature.comment)].filter(
    (found) => found !== undefined,
  );
}
