import { parentPort } from "node:worker_threads";
import { broadcastChannelPubSub } from "../../src/pubsub/broadcast-channel.ts";
import { servePubSub } from "./remote-pubsub.ts";

const port = parentPort!;
const pubsub = broadcastChannelPubSub();
servePubSub(pubsub, {
  post: (message) => port.postMessage(message),
  onMessage: (listener) => port.on("message", listener),
});

// Publishes forever, so that the test can terminate the thread while it publishes.
port.on("message", (message) => {
  if (message === "publish forever") setInterval(() => void pubsub.publish("lobby", new Uint8Array(10_000)));
});
