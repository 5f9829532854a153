import type { Suite } from "../subject.ts";
import { asking } from "./count-sockets.ts";

/** How many are in a room of three nodes: as each node keeps it, and as a user would otherwise find out. */
export const count: Suite = { sockets900: asking(900), sockets3000: asking(3_000) };
