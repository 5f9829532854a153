import { runSubject } from "../suite.ts";
import { client } from "./suite.ts";

await runSubject(client);
