import { runSubject } from "../suite.ts";
import { peers } from "./suite.ts";

await runSubject(peers);
