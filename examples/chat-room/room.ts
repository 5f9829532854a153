/** What the server and the page both know. */
export const topic = "room:snug";

/** What a window says of itself: a meta of its user's presence. */
export type Here = { readonly device: "laptop" | "phone"; readonly typing: boolean };

export interface Said {
  readonly id: string;
  readonly by: string;
  readonly text: string;
}

export const longestName = 24;
export const longestText = 500;
