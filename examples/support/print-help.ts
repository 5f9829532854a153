import { readFileSync } from "node:fs";

// Import this file first. With --help, it prints the comment at the top of the example, and ends the process.
if (process.argv.includes("--help")) {
  const [, comment = ""] = /^\/\*\*(.*?)\*\//s.exec(readFileSync(process.argv[1]!, "utf8")) ?? [];
  console.log(comment.replaceAll(/^ ?\* ?/gm, "").trim());
  process.exit();
}
