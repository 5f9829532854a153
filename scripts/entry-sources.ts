import { fileURLToPath } from "node:url";
import tsup from "../tsup.config.ts";

const { entry } = tsup as { entry: Record<string, string> };

/** What users import, by its name, and the file that it is made from. */
export const entrySources: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(entry).map(([built, source]) => [
    built === "index" ? "rollcall" : `rollcall/${built.replace(/\/index$/, "")}`,
    fileURLToPath(new URL(`../${source}`, import.meta.url)),
  ]),
);
