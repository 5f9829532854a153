import { runSubject } from "../subject.ts";
import { runCountNode } from "./count-node.ts";
import { count } from "./count-suite.ts";

// The same bundle is the process that measures, with all clients, and those of the nodes that it starts.
const [role, port] = process.argv.slice(2) as [string, string];
if (role === "node") await runCountNode(Number(port));
else await runSubject(count);
