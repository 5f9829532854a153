import type { Suite } from "../suite.ts";
import { catchUpBytes } from "./catch-up-bytes.ts";
import { deltaMerge } from "./delta-merge.ts";
import { fullState } from "./full-state.ts";
import { gaps } from "./gaps.ts";
import { growth } from "./growth.ts";
import { guests } from "./guests.ts";
import { hiding } from "./hiding.ts";
import { memory } from "./memory.ts";
import { ownChanges } from "./own-changes.ts";
import { reading } from "./reading.ts";
import { scanningMerge } from "./scanning-merge.ts";
import { sentBytes } from "./sent-bytes.ts";

/** The set and its bytes, in the order of the table. */
export const crdt: Suite = {
  ownChanges,
  deltaMerge,
  scanningMerge,
  fullState,
  reading,
  guests,
  hiding,
  memory,
  sentBytes,
  catchUpBytes,
  gaps,
  growth,
};
