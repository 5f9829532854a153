import { runSubject } from "../suite.ts";
import { churn } from "./suite.ts";

await runSubject(churn);
