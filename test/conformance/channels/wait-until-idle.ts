import { setImmediate as turn } from "node:timers/promises";
import type { RawConnection } from "./raw-connection.ts";

/**
 * Waits until nothing is in flight between these connections and the server: each side has read all bytes that the other
 * side has written, and has had three turns of the event loop to answer. Both sides are in this process, so their byte
 * counts show this. The clock of the server does not move meanwhile.
 */
export async function waitUntilIdle(connections: readonly RawConnection[]): Promise<void> {
  const deadline = performance.now() + 45_000;
  let last = "";
  for (let turns = 0; turns < 3; ) {
    await turn();
    const states = connections.map(({ trafficState }) => trafficState);
    const current = states.join("; ");
    turns = current === last && !states.includes(undefined) ? turns + 1 : 0;
    last = current;
    // Ends a wait that would never end.
    if (performance.now() > deadline) throw new Error("the connections did not become idle within 45 s");
  }
}
