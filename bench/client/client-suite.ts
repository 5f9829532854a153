import type { Suite } from "../subject.ts";
import { firstState } from "./first-state.ts";
import { crowdedKey, newKeys } from "./joins.ts";

/** Our client compared with the official one. `npm run check:sizes` checks its size. */
export const client: Suite = { firstState, newKeys, crowdedKey };
