import { expect } from "vitest";

/** What somebody without a compiler tries, and what we say to it. */
export type Misuse<Cast> = readonly [
  what: string,
  says: string,
  code: string,
  attempt: (cast: Cast) => unknown,
];

/** As JavaScript sees it: anything goes. */
// biome-ignore lint/suspicious/noExplicitAny: to pass what no type allows is what these tests are for.
export type Loose = any;

export const INVALID = "INVALID_ARGUMENT";

/** Sees that the attempt is refused, at once or by a rejection, with this code and message. */
export async function expectRefusal(attempt: () => unknown, code: string, says: string): Promise<void> {
  let refusal: unknown = "it was accepted";
  try {
    await attempt();
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(Error);
  expect(refusal).toMatchObject({ code, message: expect.stringContaining(says) });
  if (code === INVALID) expect(refusal).toBeInstanceOf(TypeError);
}
