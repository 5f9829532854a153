import { runSubject } from "../subject.ts";
import { client } from "./client-suite.ts";

await runSubject(client);
