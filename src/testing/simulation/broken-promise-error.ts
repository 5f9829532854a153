import { RollcallError } from "../../errors.ts";

/**
 * A simulated node broke a promise of the library. The message says which node, at what time, and how.
 *
 * @example
 * try { advance(60_000); } catch (error) { console.log((error as BrokenPromiseError).code); } // "BROKEN_PROMISE"
 */
export class BrokenPromiseError extends RollcallError {
  readonly code = "BROKEN_PROMISE";

  override get name(): string {
    return "BrokenPromiseError";
  }
}
