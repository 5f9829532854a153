import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { waitUntil } from "../../scripts/wait-until.ts";

const HEADERS = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Sends an upgrade request, and returns the status of the response: 101 for an accepted one. */
export async function statusOf(
  port: number,
  path = "/socket/websocket?vsn=2.0.0",
  headers: { readonly [name: string]: string } = {},
): Promise<number> {
  const sent = request({ ...{ port, path, host: "localhost" }, headers: { ...HEADERS, ...headers } });
  sent.end();
  const [answer, socket] = (await Promise.race([once(sent, "response"), once(sent, "upgrade")])) as [
    IncomingMessage,
    { destroy(): void } | undefined,
  ];
  socket?.destroy();
  answer.resume();
  return answer.statusCode!;
}

/** An upgrade request over a plain connection. The test controls both ends. */
export interface RawUpgrade {
  readonly tcp: Socket;
  /** Waits for the status of the response. */
  status(): Promise<number>;
  /** Waits until the server has closed the connection. */
  closed(): Promise<unknown>;
}

/** Sends an upgrade request over TCP, or over the given connection. */
export function rawUpgrade(
  port: number,
  target = "/socket/websocket?vsn=2.0.0",
  headers: { readonly [name: string]: string } = {},
  tcp: Socket = connect(port, "localhost"),
): RawUpgrade {
  let received = "";
  let isClosed = false;
  tcp.on("data", (data) => {
    received += data.toString("latin1");
  });
  tcp.on("error", () => {});
  tcp.on("close", () => {
    isClosed = true;
  });
  const lines = Object.entries({ host: "localhost", ...HEADERS, ...headers });
  tcp.write(
    `GET ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
    "latin1",
  );
  return {
    tcp,
    closed: () => waitUntil(() => isClosed, "the server to close the connection"),
    async status() {
      await waitUntil(() => received.includes("\r\n\r\n") || isClosed, "an answer");
      return Number(/^HTTP\/1.1 (\d+)/.exec(received)?.[1]);
    },
  };
}
