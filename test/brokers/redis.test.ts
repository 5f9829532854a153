import { createClient } from "redis";
import { driverSuite, interruptedBy, type Stage } from "./driver-suite.ts";
import { drivers } from "./support/drivers.ts";

driverSuite("redisPubSub", drivers.redis, (stage) => {
  interruptedBy("the server ends its subscriber", stage, () =>
    command(stage, "CLIENT", "KILL", "TYPE", "pubsub"),
  );

  interruptedBy("the server ends both its clients", stage, () =>
    command(stage, "CLIENT", "KILL", "USER", "default", "SKIPME", "yes"),
  );
});

async function command({ server }: Stage, ...words: string[]): Promise<void> {
  const client = createClient({ socket: { host: "127.0.0.1", port: server.port } });
  await client.connect();
  await client.sendCommand(words);
  await client.close();
}
