import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A command that a page shows. */
export interface GuideCommand {
  readonly command: string;
  readonly page: string;
}

/** The commands of the README and the guide, each with the first page that shows it. */
export function commandsIn(root: string): GuideCommand[] {
  const guide = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md") && !path.startsWith("api"))
    .map((path) => `docs/${path}`)
    .sort();
  const commands = ["README.md", ...guide].flatMap((page) =>
    commandsOf(readFileSync(join(root, page), "utf8")).map((command) => ({ command, page })),
  );
  return commands.filter(
    ({ command }, index) => index === commands.findIndex((other) => other.command === command),
  );
}

/** The commands of one page: the lines of `sh` blocks, without comments, and inline code that starts with npm, npx or node. */
export function commandsOf(text: string): string[] {
  const lines = Array.from(
    text.matchAll(/^```(?:sh|bash|shell|console)\n(.*?)^```$/gms),
    ([, block]) => block!,
  )
    .flatMap((block) => block.split("\n"))
    .map((line) => line.replace(/\s+# .*$/, "").trim())
    .filter((line) => line !== "");
  const prose = text.replace(/^```.*?^```$/gms, "");
  const inline = Array.from(prose.matchAll(/`((?:npm|npx|node) [^`\n]+)`/g), ([, command]) => command!);
  return [...lines, ...inline];
}
