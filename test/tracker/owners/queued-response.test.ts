import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { waitUntil } from "../../../scripts/wait-until.ts";
import { createTracker, memoryPubSub } from "../../../src/index.ts";

/** A server whose responses stay open, and a client that sends so many requests at once. */
async function pipelined(requests: number) {
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    responses.push(response);
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  }).listen(0);
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port);
  client.on("error", () => {});
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(requests));
  await waitUntil(() => responses.length === requests, "all requests to arrive");
  return { client, responses };
}

it("the presences of all responses of a connection leave with it, also of those that wait for their turn", async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on("warning", warn);
  onTestFinished(() => void process.off("warning", warn));
  const tracker = await createTracker({ pubsub: memoryPubSub() });
  onTestFinished(() => tracker.close());
  const { client, responses } = await pipelined(50);
  for (const response of responses) tracker.track(response, "lobby", "alice");
  expect(tracker.count("lobby")).toBe(50);
  client.destroy();
  await waitUntil(() => tracker.count("lobby") === 0, "all presences to leave");
  expect(warnings).toEqual([]);
});

it("a response leaves once it has had its turn and has ended", async () => {
  const tracker = await createTracker({ pubsub: memoryPubSub() });
  onTestFinished(() => tracker.close());
  const { client, responses } = await pipelined(2);
  const [first, second] = responses as [ServerResponse, ServerResponse];
  tracker.track(first, "lobby", "alice");
  tracker.track(second, "lobby", "bob");
  first.end();
  await waitUntil(() => tracker.count("lobby") === 1, "alice to leave");
  second.end();
  await waitUntil(() => tracker.count("lobby") === 0, "bob to leave");
  expect(client.destroyed).toBe(false);
});

it("a response whose connection ended before its turn is tracked and leaves at once", async () => {
  const tracker = await createTracker({ pubsub: memoryPubSub() });
  onTestFinished(() => tracker.close());
  const { client, responses } = await pipelined(2);
  client.destroy();
  await waitUntil(() => responses[0]!.destroyed, "the connection to end");
  await waitUntil(() => responses[1]!.req.socket.destroyed, "the server to notice");
  tracker.track(responses[1]!, "lobby", "bob");
  expect(tracker.count("lobby")).toBe(0);
});
