/** As much as is looked at of a message, of either version of the protocol. */
export interface ChannelMessage {
  readonly topic?: unknown;
  readonly event?: unknown;
  readonly ref?: unknown;
  readonly payload?: object | null;
}

/** Of parsed JSON or its text; nothing, of what is no message. */
export function messageOf(given: unknown): ChannelMessage {
  const json = typeof given === "string" ? tryParse(given) : given;
  if (!Array.isArray(json)) return typeof json === "object" && json !== null ? json : {};
  const [, ref, topic, event, payload] = json;
  return { topic, event, ref, payload };
}

/** A member of an object; none, where it is no object. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as { readonly [name: string]: unknown })[name];
}

export function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** The refs of the metas of a presence; none, where a projection has none. */
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
