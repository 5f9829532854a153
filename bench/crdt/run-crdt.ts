import { runSubject } from "../subject.ts";
import { crdt } from "./crdt-suite.ts";

await runSubject(crdt);
