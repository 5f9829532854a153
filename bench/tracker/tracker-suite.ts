import type { Suite } from "../subject.ts";
import { restarts } from "./restarts.ts";
import { trackCalls } from "./track-calls.ts";

/** What a server calls, and what a long life among others costs. */
export const tracker: Suite = { trackCalls, restarts };
