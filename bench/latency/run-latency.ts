import { runSubject } from "../subject.ts";
import { runNode } from "./latency-node.ts";
import { latency } from "./latency-suite.ts";
import type { Medium } from "./transports.ts";

// The same bundle is the process that measures, and those of the nodes that it starts.
const [role, medium, port] = process.argv.slice(2) as [string, Medium, string];
if (role === "node") await runNode(medium, Number(port));
else await runSubject(latency);
