import { runSubject } from "../subject.ts";
import { memory } from "./memory-suite.ts";

await runSubject(memory);
