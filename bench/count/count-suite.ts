import type { Suite } from "../subject.ts";
import { countSockets } from "./count-sockets.ts";

/** How many are in a room of three nodes: as each node keeps it, and as a user would otherwise find out. */
export const count: Suite = { sockets900: countSockets(900), sockets3000: countSockets(3_000) };
