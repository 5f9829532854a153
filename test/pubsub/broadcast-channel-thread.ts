import { parentPort } from "node:worker_threads";
import { broadcastChannelPubSub } from "../../src/pubsub/broadcast-channel.ts";
import { servePubSub } from "./remote-pubsub.ts";

const port = parentPort!;
const pubsub = broadcastChannelPubSub();
servePubSub(pubsub, {
  post: (message) => port.postMessage(message),
  onMessage: (listener) => port.on("message", listener),
});

// Talks without end, for somebody to terminate it in the middle of a word.
port.on("message", (message) => {
  if (message === "chatter") setInterval(() => void pubsub.publish("lobby", new Uint8Array(10_000)));
});
