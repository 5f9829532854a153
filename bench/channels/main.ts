import { runSubject } from "../suite.ts";
import { type RoomOptions, serveRoom } from "./room.ts";
import { channels } from "./suite.ts";

// The same bundle is the clients' process, and the server's that it starts.
const [role, options] = process.argv.slice(2) as [string, string];
if (role === "serve") await serveRoom(JSON.parse(options) as RoomOptions);
else await runSubject(channels);
