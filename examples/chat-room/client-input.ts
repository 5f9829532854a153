import type { ClientPayload } from "../../src/phoenix/index.ts";
import { type DeviceMeta, longestText } from "./room.ts";

// What clients give has any shape.

export function deviceOf(given: string | null): DeviceMeta["device"] {
  return given === "phone" ? "phone" : "laptop";
}

export function textOf(payload: ClientPayload): string | undefined {
  const text = fieldOf(payload, "text");
  if (typeof text !== "string" || text.length > longestText) return undefined;
  return text.trim() || undefined;
}

export function isTyping(payload: ClientPayload): boolean {
  return fieldOf(payload, "typing") === true;
}

function fieldOf(payload: ClientPayload, name: string): unknown {
  return typeof payload === "object" && payload !== null
    ? (payload as { [name: string]: unknown })[name]
    : undefined;
}
