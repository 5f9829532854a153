import { RollcallError } from "../../errors.ts";

/**
 * A simulated node did something that the library promises it never does. The message says which node, when, and what.
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
