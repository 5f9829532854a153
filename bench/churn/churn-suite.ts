import type { Suite } from "../subject.ts";
import { steadyHeap } from "./steady-heap.ts";

/** Minutes of coming and going, as a server has for months. */
export const churn: Suite = { steadyHeap };
