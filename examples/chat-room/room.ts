// The server and the page share this file.

export const topic = "room:snug";

/** The meta of a window's presence. */
export type DeviceMeta = { readonly device: "laptop" | "phone"; readonly typing: boolean };

export interface ChatMessage {
  readonly id: string;
  readonly author: string;
  readonly text: string;
}

export const maxNameLength = 24;
export const maxTextLength = 500;

/** Tidies the spaces of a name. Returns `undefined` if the name is empty or too long. */
export function nameOf(input: string): string | undefined {
  const name = input.trim().replaceAll(/\s+/g, " ");
  return name === "" || name.length > maxNameLength ? undefined : name;
}
