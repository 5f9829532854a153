import { runNodeOrSubject } from "../latency/run-nodes.ts";
import { counts } from "./counts-suite.ts";

await runNodeOrSubject(counts);
