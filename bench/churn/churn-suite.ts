import type { Suite } from "../subject.ts";
import { steadyHeap } from "./steady-heap.ts";

/** Constant joins and leaves, as a server has for months. */
export const churn: Suite = { steadyHeap };
