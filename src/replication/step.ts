import type { Change } from "../crdt/change.ts";
import type { RollcallError } from "../errors.ts";
import type { OutgoingMessage, ReplicaIncarnation } from "../wire/replica-message.ts";
import type { Cause, ReplicationEffect } from "./events.ts";

/** The current step of a replica: its time, and its effects so far. One object serves one step after the other. */
export class Step {
  now = 0;
  #effects: ReplicationEffect[] = [];

  begin(now: number): void {
    this.now = now;
    this.#effects = [];
  }

  get effects(): readonly ReplicationEffect[] {
    return this.#effects;
  }

  add(effect: ReplicationEffect): void {
    this.#effects.push(effect);
  }

  publish(sender: ReplicaIncarnation, outgoing: OutgoingMessage): void {
    this.#effects.push({ type: "publish", sender, outgoing });
  }

  /** Adds a diff, unless the change is empty. */
  diff(change: Change, cause: Cause): void {
    if (change.joins.length > 0 || change.leaves.length > 0)
      this.#effects.push({ type: "diff", change, cause });
  }

  warn(warning: RollcallError): void {
    this.#effects.push({ type: "warning", warning });
  }
}
