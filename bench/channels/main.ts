import { runSubject } from "../suite.ts";
import { serveLimit } from "./limit.ts";
import type { RoomOptions } from "./protocol.ts";
import { serveRoom } from "./room.ts";
import { channels } from "./suite.ts";

// The same bundle is the clients' process, and the server's that it starts.
const [role, options] = process.argv.slice(2) as [string, string];
if (role === "serve") await serve(JSON.parse(options) as RoomOptions);
else await runSubject(channels);

function serve(room: RoomOptions): Promise<void> {
  return room.by === "ours" ? serveRoom(room) : serveLimit(room);
}
