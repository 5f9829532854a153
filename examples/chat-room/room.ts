/** What the server and the page both know. */
export const topic = "room:snug";

/** What a window says of itself: a meta of its user's presence. */
export type DeviceMeta = { readonly device: "laptop" | "phone"; readonly typing: boolean };

export interface ChatMessage {
  readonly id: string;
  readonly by: string;
  readonly text: string;
}

export const longestName = 24;
export const longestText = 500;

/** `undefined` for what is no name. */
export function nameOf(given: string): string | undefined {
  const name = given.trim().replaceAll(/\s+/g, " ");
  return name === "" || name.length > longestName ? undefined : name;
}
