import type { Suite } from "../subject.ts";
import { countSockets } from "./count-sockets.ts";

/** Counting the sockets of a room on three nodes: with presence, and in the ways that Socket.IO and Redis offer. */
export const sockets: Suite = { sockets900: countSockets(900), sockets3000: countSockets(3_000) };
