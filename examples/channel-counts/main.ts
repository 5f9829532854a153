/**
 * The page of a film. It shows how many people watch: users, who are logged in, and viewers, who are not.
 *
 *     npm run example:channel-counts
 *     npm run example:channel-counts -- --port 8080      --leave-delay and --diff-window are in ms
 *
 * How it is built: docs/channel-counts.md.
 */
import "../support/print-help.ts";
import { withPort } from "../support/numeric-options.ts";
import { readSettings } from "./channel-counts-settings.ts";
import { startServer } from "./server.ts";

try {
  const server = await startServer(readSettings(withPort(process.argv.slice(2), process.env)));
  console.log(`process ${process.pid}: http://localhost:${server.port}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void server.close());
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
