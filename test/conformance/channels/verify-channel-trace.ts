import type { Difference } from "../difference.ts";
import type { ChannelTrace } from "./channel-trace.ts";
import { replayChannelTrace } from "./replay-channel-trace.ts";

/**
 * Where our server does not say what the reference said; nothing, when it passes. It is played up to the first frame that
 * differs. `undefined`, when it has no `exact`: it needs what frames alone don't carry, or is one of several outcomes.
 */
export async function verifyChannelTrace(trace: ChannelTrace): Promise<Difference[] | undefined> {
  if (!trace.check.includes("exact")) return undefined;
  const odd = await replayChannelTrace(trace);
  if (odd === undefined) return [];
  const at = odd.frame === undefined ? "after the last frame" : `frame ${odd.frame.i}`;
  return [{ check: "exact", at: `${at} of ${odd.conn}`, what: `our server differs${odd.what}` }];
}
