export type { Source } from "./source.ts";
export { useCount } from "./use-count.ts";
export { type PresenceList, usePresence } from "./use-presence.ts";
