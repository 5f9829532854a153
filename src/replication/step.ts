import type { Change } from "../crdt/change.ts";
import type { RollcallError } from "../errors.ts";
import type { Outgoing, Sender } from "../wire/replica-message.ts";
import type { Cause, Effect } from "./events.ts";

/** The step that is being taken: its time, and what is to be done about it so far. */
export class Outbox {
  now = 0;
  #effects: Effect[] = [];

  begin(now: number): void {
    this.now = now;
    this.#effects = [];
  }

  get effects(): readonly Effect[] {
    return this.#effects;
  }

  add(effect: Effect): void {
    this.#effects.push(effect);
  }

  publish(sender: Sender, outgoing: Outgoing): void {
    this.#effects.push({ type: "publish", sender, outgoing });
  }

  diff(change: Change, cause: Cause): void {
    if (change.joins.length > 0 || change.leaves.length > 0)
      this.#effects.push({ type: "diff", change, cause });
  }

  warn(warning: RollcallError): void {
    this.#effects.push({ type: "warning", warning });
  }
}
