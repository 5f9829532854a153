import type { Json } from "../../../src/payload.ts";
import type { PresenceStep, RecordedDiff, RecordedEvent } from "./presence-trace.ts";

type JsonObject = { readonly [name: string]: Json };

/** The key that the reference accepts and our presence refuses. */
const REFUSED = "";

/** Whether our presence must refuse the call of this step. */
export function isRefused(step: PresenceStep): boolean {
  return "key" in step && step.key === REFUSED;
}

/** Removes the refused key from recorded presences. */
export function withoutRefused(presences: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(presences).filter(([key]) => key !== REFUSED));
}

/** Removes the refused key from recorded events, and the events that have no other key. */
export function eventsWithoutRefused(events: readonly RecordedEvent[]): RecordedEvent[] {
  return events.flatMap((event): RecordedEvent[] => {
    if (event.type === "diff") {
      const payload = diffWithoutRefused(event.payload);
      return payload === undefined ? [] : [{ ...event, payload }];
    }
    const diff = diffWithoutRefused(event.diff);
    return diff === undefined ? [] : [{ ...event, diff, presences: withoutRefused(event.presences) }];
  });
}

function diffWithoutRefused({ joins, leaves }: RecordedDiff): RecordedDiff | undefined {
  const rest = { joins: withoutRefused(joins), leaves: withoutRefused(leaves) };
  return Object.keys(rest.joins).length + Object.keys(rest.leaves).length === 0 ? undefined : rest;
}
