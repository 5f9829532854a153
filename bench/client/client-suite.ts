import type { Suite } from "../subject.ts";
import { firstState } from "./first-state.ts";
import { crowdedKey, newKeys } from "./joins.ts";

/** The client beside the official one, in the order of the table. Its sizes are held by `npm run check:sizes`. */
export const client: Suite = { firstState, newKeys, crowdedKey };
