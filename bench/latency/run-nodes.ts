import { runSubject, type Suite } from "../subject.ts";
import { runLatencyNode } from "./latency-node.ts";
import type { Replicated } from "./timed-nodes.ts";
import type { TransportName } from "./transports.ts";

/** The main function of a subject's process and of its nodes: the measuring process starts them from the same bundle. */
export async function runNodeOrSubject(suite: Suite): Promise<void> {
  const [role, transport, port, replicated] = process.argv.slice(2) as [
    string,
    TransportName,
    string,
    Replicated,
  ];
  if (role === "node") await runLatencyNode(transport, Number(port), replicated);
  else await runSubject(suite);
}
