export { useCount } from "./use-count.ts";
export { type PresenceList, usePresence } from "./use-presence.ts";
export type { Source } from "./use-source.ts";
