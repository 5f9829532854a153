import { latency } from "./latency-suite.ts";
import { runNodeOrSubject } from "./run-nodes.ts";

await runNodeOrSubject(latency);
