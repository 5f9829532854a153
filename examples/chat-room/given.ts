import type { ClientPayload } from "../../src/phoenix/index.ts";
import { type Here, longestName, longestText } from "./room.ts";

// What clients give has any shape.

/** A product looks a token up here, as docs/channel-counts.md does, and has a user id of it. */
export function nameOf(given: string | null): string | undefined {
  const name = given?.trim().replaceAll(/\s+/g, " ") ?? "";
  return name === "" || name.length > longestName ? undefined : name;
}

export function deviceOf(given: string | null): Here["device"] {
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
