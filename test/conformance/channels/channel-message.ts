/** The parts of a message that the replay reads, in either version of the protocol. */
export interface ChannelMessage {
  readonly topic?: unknown;
  readonly event?: unknown;
  readonly ref?: unknown;
  readonly payload?: object | null;
}

/** Reads a message from parsed JSON or its text. Anything else gives an empty object. */
export function messageOf(given: unknown): ChannelMessage {
  const json = typeof given === "string" ? tryParse(given) : given;
  if (!Array.isArray(json)) return typeof json === "object" && json !== null ? json : {};
  const [, ref, topic, event, payload] = json;
  return { topic, event, ref, payload };
}

/** A member of an object, or `undefined` if the value is not an object. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as { readonly [name: string]: unknown })[name];
}

export function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** The refs in the metas of a presence. A projection may have no metas. */
export function refsOf(presence: unknown): unknown[] {
  const metas = memberOf(presence, "metas");
  return Array.isArray(metas) ? metas.map((meta) => memberOf(meta, "phx_ref")) : [];
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
