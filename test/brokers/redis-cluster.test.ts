import { clusterSuite } from "./cluster-suite.ts";

clusterSuite("redis");
