import type { Meta, State } from "../../../src/payload.ts";
import { countOnly } from "../../../src/presence/count-only.ts";
import type { Fetch } from "../../../src/presence/presence-options.ts";
import type { FetchName } from "./presence-trace.ts";

/** The `fetch` hooks that were recorded with. */
export const FETCH_HOOKS: { readonly [Name in Exclude<FetchName, "identity">]: Fetch<Meta, object> } = {
  extend: (_topic, presences) => {
    const extended: State & { [key: string]: object } = Object.create(null);
    for (const key of Object.keys(presences)) {
      extended[key] = Object.assign({ user: { name: `name-${key}` } }, presences[key]);
    }
    return extended;
  },
  count: countOnly("viewers", "users"),
};
