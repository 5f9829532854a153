import { runSubject } from "../subject.ts";
import { serveBareRoom } from "./bare-room.ts";
import { hostile } from "./hostile-suite.ts";
import { serveRollcallRoom } from "./rollcall-room.ts";
import type { RoomOptions } from "./room-process.ts";

// The process of the clients starts the servers from this same bundle.
const [role, options] = process.argv.slice(2) as [string, string];
if (role === "serve") await serve(JSON.parse(options) as RoomOptions);
else await runSubject(hostile);

function serve(room: RoomOptions): Promise<void> {
  return room.by === "rollcall" ? serveRollcallRoom(room) : serveBareRoom(room);
}
