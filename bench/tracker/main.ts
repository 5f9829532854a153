import { runSubject } from "../suite.ts";
import { tracker } from "./suite.ts";

await runSubject(tracker);
