import { runSubject } from "../subject.ts";
import { tracker } from "./tracker-suite.ts";

await runSubject(tracker);
