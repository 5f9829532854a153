import type { Suite } from "../subject.ts";
import { restarts } from "./restarts.ts";
import { trackCalls } from "./track-calls.ts";

/** The cost of calls to a tracker, and of many incarnations of other replicas. */
export const tracker: Suite = { trackCalls, restarts };
