import { setImmediate as turn } from "node:timers/promises";
import type { RawConnection } from "./raw-connection.ts";

/**
 * Waits until nothing is on its way between these links and the server: what one end has written the other has read, and had
 * its turns to answer. Both ends are in this process, so that their counts of bytes tell. No time passes meanwhile by the clock
 * of the server.
 */
export async function waitUntilIdle(links: readonly RawConnection[]): Promise<void> {
  const deadline = performance.now() + 45_000;
  let last = "";
  for (let turns = 0; turns < 3; ) {
    await turn();
    const rests = links.map(({ trafficState }) => trafficState);
    const now = rests.join("; ");
    turns = now === last && !rests.includes(undefined) ? turns + 1 : 0;
    last = now;
    // Only ends what would never end.
    if (performance.now() > deadline) throw new Error("the connections did not come to rest");
  }
}
