import { runSubject } from "../subject.ts";
import { churn } from "./churn-suite.ts";

await runSubject(churn);
