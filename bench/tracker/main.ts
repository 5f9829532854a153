import { runSubject } from "../suite.ts";
import { tracker } from "./suite.ts";

runSubject(tracker);
