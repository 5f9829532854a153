import { clusterSuite } from "./cluster-suite.ts";

clusterSuite("ioredis", { isShort: true });
