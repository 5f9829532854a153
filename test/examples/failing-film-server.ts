/** The server of `examples/channel-counts`, with a `fetch` that fails between the messages "fail" and "heal" of its parent. */

import { readSettings } from "../../examples/channel-counts/channel-counts-settings.ts";
import { startServer } from "../../examples/channel-counts/server.ts";
import { countOnly } from "../../src/index.ts";

let fails = false;
process.on("message", (message) => {
  fails = message === "fail";
  process.send!(`${message} done`);
});

const counts = countOnly("viewers", "users");
const settings = readSettings([...process.argv.slice(2), "--leave-delay", "0"]);
const { port, close } = await startServer(settings, {
  replicate: "presences",
  fetch(topic, presences) {
    if (!fails) return counts(topic, presences);
    process.send!(Object.values(presences).flatMap(({ metas }) => metas).length);
    // The worst case: an error that contains all metas.
    throw new Error(`can't count ${JSON.stringify(presences)}`);
  },
});
process.stdout.write(`process ${process.pid}: http://localhost:${port}\n`);
process.once("SIGTERM", () => {
  process.disconnect();
  void close();
});
