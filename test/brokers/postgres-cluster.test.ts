import { clusterSuite } from "./cluster-suite.ts";

clusterSuite("postgres");
