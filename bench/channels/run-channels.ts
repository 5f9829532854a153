import { runSubject } from "../subject.ts";
import { serveBareWs } from "./bare-ws-server.ts";
import { channels } from "./channels-suite.ts";
import { serveRollcall } from "./rollcall-server.ts";
import type { RoomOptions } from "./server-messages.ts";

// The process of the clients starts the servers from this same bundle.
const [role, options] = process.argv.slice(2) as [string, string];
if (role === "serve") await serve(JSON.parse(options) as RoomOptions);
else await runSubject(channels);

function serve(room: RoomOptions): Promise<void> {
  return room.by === "rollcall" ? serveRollcall(room) : serveBareWs(room);
}
