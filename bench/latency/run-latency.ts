import { runSubject } from "../subject.ts";
import { runLatencyNode } from "./latency-node.ts";
import { latency } from "./latency-suite.ts";
import type { TransportName } from "./transports.ts";

// The same bundle is the process that measures, and those of the nodes that it starts.
const [role, medium, port] = process.argv.slice(2) as [string, TransportName, string];
if (role === "node") await runLatencyNode(medium, Number(port));
else await runSubject(latency);
