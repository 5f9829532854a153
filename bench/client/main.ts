import { runSubject } from "../suite.ts";
import { client } from "./suite.ts";

runSubject(client);
