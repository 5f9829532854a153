import type { Suite } from "../suite.ts";
import { steady } from "./steady.ts";

/** Minutes of coming and going, as a server has for months. */
export const churn: Suite = { steady };
