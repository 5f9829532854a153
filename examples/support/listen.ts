import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Starts to listen. Returns the port, which is a free one if `port` is 0. */
export async function listen(server: Server, port: number): Promise<number> {
  server.listen(port);
  await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Error(`Port ${port} is in use. Pass another one with --port.`, { cause: error });
  });
  return (server.address() as AddressInfo).port;
}
