import type { Json } from "../../payload.ts";

/**
 * The payload of a client's message: any JSON value, or bytes if the client sent a binary frame. Its shape is not checked.
 *
 * @example
 * const isText = (payload: ClientPayload): payload is string => typeof payload === "string";
 */
export type ClientPayload = Json | Uint8Array;

/**
 * The payload of a server's message: an object that JSON can carry, or a `Uint8Array`, which is sent as a binary frame.
 *
 * @example
 * const payload: ServerPayload = { text: "good morning" };
 */
export type ServerPayload = object;

/**
 * The events that a channel sends: the payload of each by its name.
 *
 * @example
 * type ChatEvents = { said: { text: string }; typing: { name: string } };
 */
export type ServerEvents = { [event: string]: ServerPayload };
