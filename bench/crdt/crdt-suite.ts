import type { Suite } from "../subject.ts";
import { catchUpBytes } from "./catch-up-bytes.ts";
import { deltaMerge } from "./delta-merge.ts";
import { departedReplicas } from "./departed-replicas.ts";
import { fullState } from "./full-state.ts";
import { growth } from "./growth.ts";
import { hideAndForget } from "./hide-and-forget.ts";
import { memory } from "./memory.ts";
import { missedChanges } from "./missed-changes.ts";
import { ownChanges } from "./own-changes.ts";
import { reading } from "./reading.ts";
import { scanningMerge } from "./scanning-merge.ts";
import { sealing } from "./sealing.ts";
import { sentBytes } from "./sent-bytes.ts";

/** The set and its messages, in the order of the table. */
export const crdt: Suite = {
  ownChanges,
  deltaMerge,
  scanningMerge,
  fullState,
  reading,
  departedReplicas,
  hideAndForget,
  memory,
  sentBytes,
  sealing,
  catchUpBytes,
  missedChanges,
  growth,
};
