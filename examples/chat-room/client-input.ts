import type { ClientPayload } from "../../src/phoenix/index.ts";
import { type DeviceMeta, maxTextLength } from "./room.ts";

// A client can send anything, so these functions check every field.

export function deviceOf(input: string | null): DeviceMeta["device"] {
  return input === "phone" ? "phone" : "laptop";
}

export function textOf(payload: ClientPayload): string | undefined {
  const text = fieldOf(payload, "text");
  if (typeof text !== "string" || text.length > maxTextLength) return undefined;
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
