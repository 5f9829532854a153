import { clusterSuite } from "./cluster-suite.ts";

clusterSuite("nats");
