import { runSubject } from "../subject.ts";
import { runLatencyNode } from "./latency-node.ts";
import { latency } from "./latency-suite.ts";
import type { Replicated } from "./timed-nodes.ts";
import type { TransportName } from "./transports.ts";

// The measuring process starts the nodes from this same bundle.
const [role, transport, port, replicated] = process.argv.slice(2) as [
  string,
  TransportName,
  string,
  Replicated,
];
if (role === "node") await runLatencyNode(transport, Number(port), replicated);
else await runSubject(latency);
