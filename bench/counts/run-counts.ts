import { runSubject } from "../subject.ts";
import { counts } from "./counts-suite.ts";

await runSubject(counts);
