import type { Suite } from "../suite.ts";
import { calls } from "./calls.ts";
import { restarts } from "./restarts.ts";

/** What a server calls, and what a long life among others costs. */
export const tracker: Suite = { calls, restarts };
