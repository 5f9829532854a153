import { runSubject } from "../suite.ts";
import { crdt } from "./suite.ts";

runSubject(crdt);
