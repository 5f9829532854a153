import type { Suite } from "../subject.ts";
import { catchUpBytes } from "./catch-up-bytes.ts";
import { deltaMerge } from "./delta-merge.ts";
import { guests } from "./departed-replicas.ts";
import { fullState } from "./full-state.ts";
import { growth } from "./growth.ts";
import { hiding } from "./hide-and-forget.ts";
import { memory } from "./memory.ts";
import { gaps } from "./missed-changes.ts";
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
