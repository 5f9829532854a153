import type { ForeignVersionError, MalformedMessageError, UntrustedMessageError } from "../errors.ts";

/** Why a message was refused. */
export type RefusalError = MalformedMessageError | ForeignVersionError | UntrustedMessageError;

/** At most this many senders of another mode are remembered. */
const MAX_SENDERS = 1_000;

/** At most this many malformed messages are reported in a window. */
const MAX_MALFORMED_PER_WINDOW = 10;
const WINDOW_MS = 60_000;

/**
 * Decides which refused messages to report, so that an attacker cannot flood logs: the first of each foreign version, the
 * first of each reason not to trust a message, and ten malformed ones per minute.
 */
export class RefusalReports {
  readonly #reported = new Set<number | string>();
  readonly #reportedSenders = new Set<string>();
  #windowEndsAt = Number.NEGATIVE_INFINITY;
  #countInWindow = 0;

  /** Whether to report this refusal, at this time in ms. */
  shouldReport(error: RefusalError, now: number): boolean {
    switch (error.code) {
      case "FOREIGN_VERSION":
        return this.#isFirst((error as ForeignVersionError).version);
      case "UNTRUSTED_MESSAGE":
        return this.#isFirst((error as UntrustedMessageError).reason);
      default:
        return this.#hasRoom(now);
    }
  }

  /** Whether to report that the replica with this id replicates in another mode: once for each id. */
  shouldReportSender(id: string, now: number): boolean {
    if (this.#reportedSenders.has(id) || this.#reportedSenders.size >= MAX_SENDERS || !this.#hasRoom(now))
      return false;
    this.#reportedSenders.add(id);
    return true;
  }

  #isFirst(kind: number | string): boolean {
    const isFirst = !this.#reported.has(kind);
    this.#reported.add(kind);
    return isFirst;
  }

  #hasRoom(now: number): boolean {
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + WINDOW_MS;
      this.#countInWindow = 0;
    }
    return this.#countInWindow++ < MAX_MALFORMED_PER_WINDOW;
  }
}
