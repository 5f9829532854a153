import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createEndpoint } from "../../src/phoenix/index.ts";

/** A process with a Phoenix endpoint. It sends its port to its parent. */
const endpoint = await createEndpoint({ idleTimeoutMs: Number(process.env["IDLE_TIMEOUT_MS"]) });
endpoint.channel("room:*", { join: () => {} });
const server = createServer();
endpoint.attach(server);
server.listen(0, () => process.send?.((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit());
