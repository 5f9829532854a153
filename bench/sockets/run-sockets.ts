import { runSubject } from "../subject.ts";
import { runCountNode } from "./count-node.ts";
import { sockets } from "./sockets-suite.ts";

// The measuring process has all clients, and starts the nodes from this same bundle.
const [role, port] = process.argv.slice(2) as [string, string];
if (role === "node") await runCountNode(Number(port));
else await runSubject(sockets);
