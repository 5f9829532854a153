import { expect } from "vitest";
import {
  AlreadyTrackedError,
  ClosedError,
  FetchError,
  InvalidArgumentError,
  LimitError,
  NotTrackedError,
  TransportError,
} from "../../src/index.ts";

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

const classes: Readonly<Record<string, new (...given: never[]) => Error>> = {
  [INVALID]: InvalidArgumentError,
  ALREADY_TRACKED: AlreadyTrackedError,
  CLOSED: ClosedError,
  FETCH: FetchError,
  LIMIT: LimitError,
  NOT_TRACKED: NotTrackedError,
  TRANSPORT: TransportError,
};

/** Sees that the attempt is refused, at once or by a rejection, with this code, the class that belongs to it, and this message. */
export async function expectRefusal(attempt: () => unknown, code: string, says: string): Promise<void> {
  let refusal: unknown = "it was accepted";
  try {
    await attempt();
  } catch (error) {
    refusal = error;
  }
  expect(classes).toHaveProperty(code);
  expect(refusal).toBeInstanceOf(classes[code]);
  expect(refusal).toMatchObject({ code, message: expect.stringContaining(says) });
  if (code === INVALID) expect(refusal).toBeInstanceOf(TypeError);
}
