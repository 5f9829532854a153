import type { Change } from "../../crdt/change.ts";
import type { RollcallError } from "../../errors.ts";
import type { CountChange } from "../../replication/counts/count-change.ts";
import type { Cause, ReplicationEffect } from "../../replication/events.ts";
import { NotHeardError } from "../../replication/replication-errors.ts";
import {
  type Diagnostics,
  type DiagnosticsOrigin,
  type DiagnosticsPayload,
  hasSubscribers,
  publishDiagnostics,
} from "./diagnostics.ts";
import type { ReplicaIdentity, TrackerEvents } from "./tracker-events.ts";

type HearingEffect = Extract<ReplicationEffect, { readonly type: "hearing" }>;

/** The events that a core emits itself. */
type CoreEvents = Omit<TrackerEvents, "diff">;

/** The part of an ordered emitter that a core needs. A tracker and a presence each pass their own emitter. */
export interface CoreEmitter {
  enqueue<Name extends keyof CoreEvents & string>(name: Name, parameters: () => CoreEvents[Name]): void;
  enqueueCall(run: () => void): void;
  flush(): void;
}

interface EventPublisherOptions {
  readonly emitter: CoreEmitter;
  readonly queueDiff: (change: Change, cause: Cause) => void;
  readonly queueCounts: ((changes: readonly CountChange[], cause: Cause) => void) | undefined;
  readonly origin: () => DiagnosticsOrigin;
}

/** Queues the events of a tracker and its diagnostics, and calls listeners only between steps. */
export class EventPublisher {
  readonly #emitter: CoreEmitter;
  readonly #queueDiff: EventPublisherOptions["queueDiff"];
  readonly #queueCounts: EventPublisherOptions["queueCounts"];
  readonly #origin: () => DiagnosticsOrigin;
  #activeSteps = 0;

  constructor({ emitter, queueDiff, queueCounts, origin }: EventPublisherOptions) {
    this.#emitter = emitter;
    this.#queueDiff = queueDiff;
    this.#queueCounts = queueCounts;
    this.#origin = origin;
  }

  /**
   * Runs a step, then flushes the events. A listener may call the tracker: called during a step, its changes would be
   * announced before the rest of that step.
   */
  duringStep(step: () => void): void {
    this.#activeSteps++;
    try {
      step();
    } finally {
      this.#activeSteps--;
    }
    this.#flush();
  }

  diff(change: Change, cause: Cause): void {
    this.#queueDiff(change, cause);
    if (!hasSubscribers("rollcall:diff")) return;
    this.observe("rollcall:diff", { joins: change.joins.length, leaves: change.leaves.length, cause });
  }

  counts(changes: readonly CountChange[], cause: Cause): void {
    this.#queueCounts?.(changes, cause);
    if (!hasSubscribers("rollcall:diff")) return;
    const joins = changes.reduce((sum, change) => sum + change.joins, 0);
    const leaves = changes.reduce((sum, change) => sum + change.leaves, 0);
    this.observe("rollcall:diff", { joins, leaves, cause });
  }

  replica(status: "up" | "down" | "permdown", replica: ReplicaIdentity): void {
    this.#emitter.enqueue(`replica-${status}`, () => [replica]);
    if (hasSubscribers("rollcall:replica")) this.observe("rollcall:replica", { status, replica });
  }

  hearing({ hearing, former, forMs, isConnected }: HearingEffect): void {
    this.#emitter.enqueue("hearing", () => [hearing]);
    if (hasSubscribers("rollcall:hearing")) this.observe("rollcall:hearing", { hearing });
    if (hearing !== "ok" && former === "ok") this.error(new NotHeardError(hearing, forMs, isConnected));
  }

  warning(warning: RollcallError): void {
    this.#failure("warning", warning);
  }

  error(error: RollcallError): void {
    this.#failure("error", error);
  }

  /** Queues a diagnostics message behind the events: a subscriber may call the tracker too. */
  observe<Name extends keyof Diagnostics>(name: Name, payload: DiagnosticsPayload<Name>): void {
    const origin = this.#origin();
    this.#emitter.enqueueCall(() => publishDiagnostics(name, origin, payload));
    this.#flush();
  }

  #failure(name: "warning" | "error", error: RollcallError): void {
    this.#emitter.enqueue(name, () => [error]);
    if (hasSubscribers(`rollcall:${name}`)) this.observe(`rollcall:${name}`, { error });
    this.#flush();
  }

  #flush(): void {
    if (this.#activeSteps === 0) this.#emitter.flush();
  }
}
