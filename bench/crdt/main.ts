import { runSubject } from "../suite.ts";
import { crdt } from "./suite.ts";

await runSubject(crdt);
