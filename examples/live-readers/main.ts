/**
 * A blog that shows how many are reading each article right now.
 *
 *     npm start                      one process
 *     npm start -- --nodes 3         three processes, each on a port of its own, all with the same numbers
 *     npm start -- --redis URL       one of as many as are started so, on any machine; or --nats, or --postgres
 *     npm start -- --port 8080       the port of the first; --leave-delay, --diff-window, --broadcast-period and
 *                                    --ping-period are in ms
 *     npm start -- --inspector       each node shows itself at /presence
 *
 * How it was built: docs/live-readers.md. On several machines: docs/cluster.md.
 */
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
  const line = await openLine(settings);
  const node = await startNode(line.pubsub, settings, number);
  console.log(`node ${number}, process ${process.pid}: http://localhost:${node.port}`);
  onStop(async () => {
    await node.close();
    // A broker that hangs would keep its clients for ever.
    setTimeout(() => process.exit(1), 5_000).unref();
    await line.close();
    cluster.worker?.disconnect();
  });
}

/** What the nodes hear each other over. */
async function openLine({ nodes, broker }: LiveReadersSettings): Promise<BrokerConnection> {
  if (broker) return connectBroker(broker);
  const pubsub = nodes === 1 ? memoryPubSub() : clusterPubSub();
  return { pubsub, close: () => pubsub.close() };
}

/** In the primary, which at most carries messages between the nodes. */
async function runNodes({ nodes, broker }: LiveReadersSettings): Promise<void> {
  // A broker that is away is told once, and not by each node.
  if (broker) await (await connectBroker(broker)).close();
  else clusterPubSub();
  const end = () => {
    for (const worker of Object.values(cluster.workers!)) worker!.process.kill("SIGTERM");
  };
  for (let number = 1; number <= nodes; number++) {
    const worker = cluster.fork({ LIVE_READERS_NODE: number });
    worker.on("exit", (code, signal) => {
      if (signal) console.log(`node ${number} was ended by ${signal}; the others go on`);
      if (!code) return;
      // It could not start, and has said why.
      process.exitCode = code;
      end();
    });
  }
  const work = broker ? "ends the nodes" : "carries messages between the nodes, and ends them";
  console.log(`process ${process.pid} ${work} when it is ended`);
  onStop(async () => end());
}

/** Once: a worker hears of it from the terminal or service manager, and from the primary. */
function onStop(stop: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (!isStopping) void stop();
      isStopping = true;
    });
  }
}
