import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a page tells people to type. */
export interface GuideCommand {
  readonly command: string;
  readonly page: string;
}

/** Each command of the README and the guide once, where it is told first: the lines of `sh` blocks, and `npm …` in a text. */
export function commandsIn(root: string): GuideCommand[] {
  const guide = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md") && !path.startsWith("api"))
    .map((path) => `docs/${path}`)
    .sort();
  const told = ["README.md", ...guide].flatMap((page) =>
    commandsOf(readFileSync(join(root, page), "utf8")).map((command) => ({ command, page })),
  );
  return told.filter(({ command }, index) => index === told.findIndex((other) => other.command === command));
}

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
