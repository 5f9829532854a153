import type { Suite } from "../subject.ts";
import { openPages } from "./open-pages.ts";

/** What numbers of presences cost: a page that opens, shows the number of its readers, and is one of them. */
export const counts: Suite = { openPages };
