/**
 * A chat room that shows which users are online, on which devices, and which of them are typing.
 *
 *     npm run example:chat-room
 *     npm run example:chat-room -- --port 8080      --leave-delay is in ms
 *
 * How it is built: docs/chat-room.md.
 */
import "../support/print-help.ts";
import { withPort } from "../support/numeric-options.ts";
import { readSettings } from "./chat-room-settings.ts";
import { startServer } from "./server.ts";

try {
  const server = await startServer(readSettings(withPort(process.argv.slice(2), process.env)));
  console.log(`process ${process.pid}: http://localhost:${server.port}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void server.close());
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
