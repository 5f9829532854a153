import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BrokerServer, freePort, startBroker } from "./broker-server.ts";
import { brokerRecipes } from "./recipes.ts";

// Several servers of Redis that act as one, on free ports.

/** How soon the others take a server for dead. */
const DEAD_AFTER_MS = 1_000;

/** Starts a Redis Cluster of three primaries with a replica each. */
export async function startRedisCluster(): Promise<readonly BrokerServer[]> {
  const { redis } = brokerRecipes;
  const servers: BrokerServer[] = [];
  for (let count = 0; count < 6; count++) {
    // By default it would be the port plus 10 000, which may be none.
    const clusterPort = await freePort();
    const cluster = ["--cluster-enabled", "yes", "--cluster-port", `${clusterPort}`];
    const timeout = ["--cluster-node-timeout", `${DEAD_AFTER_MS}`];
    servers.push(
      await startBroker({
        ...redis,
        args: (port, folder) => [...redis.args(port, folder), ...cluster, ...timeout],
      }),
    );
  }
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  execFileSync("redis-cli", [
    "--cluster",
    "create",
    ...addresses,
    "--cluster-replicas",
    "1",
    "--cluster-yes",
  ]);
  return servers;
}

/** The name under which the sentinel knows the primary. */
export const SENTINEL_NAME = "main";

/** Starts a primary, a replica of it, and a sentinel that watches them. */
export async function startSentinel(): Promise<
  Readonly<Record<"primary" | "replica" | "sentinel", BrokerServer>>
> {
  const { redis } = brokerRecipes;
  const primary = await startBroker({
    ...redis,
    args: (port, folder) => [...redis.args(port, folder), "--repl-diskless-sync-delay", "0"],
  });
  const replica = await startBroker({
    ...redis,
    args: (port, folder) => [...redis.args(port, folder), "--replicaof", `127.0.0.1 ${primary.port}`],
  });
  const sentinel = await startBroker({
    ...redis,
    prepare(folder, port) {
      const config = [
        `port ${port}`,
        "bind 127.0.0.1",
        `sentinel monitor ${SENTINEL_NAME} 127.0.0.1 ${primary.port} 1`,
        `sentinel down-after-milliseconds ${SENTINEL_NAME} ${DEAD_AFTER_MS}`,
        `sentinel failover-timeout ${SENTINEL_NAME} 5000`,
      ];
      writeFileSync(join(folder, "sentinel.conf"), config.join("\n"));
    },
    args: (_, folder) => [join(folder, "sentinel.conf"), "--sentinel"],
  });
  return { primary, replica, sentinel };
}
