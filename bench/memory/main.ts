import { runSubject } from "../suite.ts";
import { memory } from "./suite.ts";

await runSubject(memory);
