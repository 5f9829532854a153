import { broadcastChannelPubSub } from "../../src/pubsub/broadcast-channel.ts";

const pubsub = broadcastChannelPubSub();
await pubsub.subscribe("lobby", () => {});
await pubsub.publish("lobby", new Uint8Array(1));
process.stdout.write("done\n");
