import { runSubject } from "../subject.ts";
import { peers } from "./peers-suite.ts";

await runSubject(peers);
