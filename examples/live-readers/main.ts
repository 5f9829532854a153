/**
 * A blog that shows how many people are reading each article right now.
 *
 *     npm start                      one process
 *     npm start -- --nodes 3         three processes, each on its own port, all with the same numbers
 *     npm start -- --redis URL       one node of a cluster over this broker, on any machine; or --nats, or --postgres
 *     npm start -- --port 8080       the port of the first node; --leave-delay, --diff-window, --broadcast-period and
 *                                    --ping-period are in ms
 *     npm start -- --inspector       each node serves the inspector at /presence
 *
 * How it is built: docs/live-readers.md. How to run it on several machines: docs/cluster.md.
 */
import "../support/print-help.ts";
import cluster from "node:cluster";
import { memoryPubSub } from "../../src/index.ts";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import { type BrokerConnection, connectBroker } from "../cluster/connect-broker.ts";
import { type LiveReadersSettings, readSettings } from "./live-readers-settings.ts";
import { startNode } from "./start-node.ts";

try {
  const settings = readSettings(process.argv.slice(2));
  if (settings.nodes === 1) await runNode(settings, 1);
  else if (cluster.isPrimary) await runNodes(settings);
  else await runNode(settings, Number(process.env["LIVE_READERS_NODE"]));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}

async function runNode(settings: LiveReadersSettings, number: number): Promise<void> {
  const connection = await openPubSub(settings);
  const node = await startNode(connection.pubsub, settings, number);
  console.log(`node ${number}, process ${process.pid}: http://localhost:${node.port}`);
  onStop(async () => {
    await node.close();
    // The clients of a broker that hangs would never close.
    setTimeout(() => process.exit(1), 5_000).unref();
    await connection.close();
    cluster.worker?.disconnect();
  });
}

/** Opens the pub/sub that connects the nodes. */
async function openPubSub({ nodes, broker }: LiveReadersSettings): Promise<BrokerConnection> {
  if (broker) return connectBroker(broker);
  const pubsub = nodes === 1 ? memoryPubSub() : clusterPubSub();
  return { pubsub, close: () => pubsub.close() };
}

/** Runs in the primary process, which is not a node. Without a broker, it forwards the nodes' messages. */
async function runNodes({ nodes, broker }: LiveReadersSettings): Promise<void> {
  // Connect once here, so that an unreachable broker is reported once, and not by each node.
  if (broker) await (await connectBroker(broker)).close();
  else clusterPubSub();
  const stopNodes = () => {
    for (const worker of Object.values(cluster.workers!)) worker!.process.kill("SIGTERM");
  };
  for (let number = 1; number <= nodes; number++) {
    const worker = cluster.fork({ LIVE_READERS_NODE: number });
    worker.on("exit", (code, signal) => {
      if (signal) console.log(`node ${number} was ended by ${signal}; the other nodes continue`);
      if (!code) return;
      // The node could not start, and has printed the reason.
      process.exitCode = code;
      stopNodes();
    });
  }
  const andForwards = broker ? "" : ", and forwards their messages";
  console.log(`process ${process.pid} starts and stops the nodes${andForwards}`);
  onStop(async () => stopNodes());
}

/** Calls `stop` once. A worker may get a signal twice: from the terminal or service manager, and from the primary. */
function onStop(stop: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (!isStopping) void stop();
      isStopping = true;
    });
  }
}
