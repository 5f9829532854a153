import { fileURLToPath } from "node:url";
import tsup from "../tsup.config.ts";

const { entry } = tsup as { entry: Record<string, string> };

/** The source file of each entry point, by its import path, such as `rollcall/client`. */
export const entrySources: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(entry).map(([built, source]) => [
    built === "index" ? "rollcall" : `rollcall/${built.replace(/\/index$/, "")}`,
    fileURLToPath(new URL(`../${source}`, import.meta.url)),
  ]),
);
