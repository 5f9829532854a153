import { clusterPubSub } from "../../src/pubsub/cluster.ts";

clusterPubSub();
