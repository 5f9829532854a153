import type { Json } from "../../payload.ts";

/**
 * What a client sent with an event: any JSON value, or bytes where it sent a binary frame. Nothing has checked its shape.
 *
 * @example
 * const isText = (payload: ClientPayload): payload is string => typeof payload === "string";
 */
export type ClientPayload = Json | Uint8Array;

/**
 * What is sent with an event: an object that JSON can carry, or bytes, which go as a binary frame.
 *
 * @example
 * const payload: ServerPayload = { text: "good morning" };
 */
export type ServerPayload = object;

/**
 * The events that a channel sends, by name, and the payload of each.
 *
 * @example
 * type ChatEvents = { said: { text: string }; typing: { name: string } };
 */
export type ServerEvents = { [event: string]: ServerPayload };
