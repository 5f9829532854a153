import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type DriverName, drivers } from "../../../scripts/brokers/drivers.ts";
import { createPresence } from "../../../src/index.ts";
import { createEndpoint, presenceChannel } from "../../../src/phoenix/index.ts";

/** A process with a Phoenix endpoint over a broker. It sends its port to its parent. */
const [driver, port] = process.argv.slice(2);
const { pubsub } = await drivers[driver as DriverName].connect(Number(port));
const presence = await createPresence({ pubsub });
const endpoint = await createEndpoint({
  pubsub,
  connect: (params) => ({ assigns: { user: params.get("user") ?? "nobody" } }),
});
endpoint.channel(
  "room:*",
  presenceChannel({
    presence,
    key: ({ assigns }) => assigns.user,
    handleIn: (_event, payload) => ({ ok: payload as object }),
  }),
);
const server = createServer();
endpoint.attach(server);
server.listen(0, () => process.send?.((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit());
