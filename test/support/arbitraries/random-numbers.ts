import fc from "fast-check";
import { DEFAULT_LENGTH } from "../../../src/testing/arbitraries/histories.ts";

/** Numbers by which a test splits, shuffles and drops messages. As many numbers as a history has events are enough. */
export function randomNumbers(length: number = DEFAULT_LENGTH): fc.Arbitrary<readonly number[]> {
  return fc.array(fc.nat(), { minLength: length, maxLength: length, size: "max" });
}
