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

/** A mistake that TypeScript would refuse, and the expected refusal at run time. */
export type Misuse<Cast> = readonly [
  what: string,
  expected: string,
  code: string,
  attempt: (cast: Cast) => unknown,
];

/** Any value, as in JavaScript. */
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

/** Expects that the attempt throws or rejects with this code, the class of that code, and this message. */
export async function expectRefusal(attempt: () => unknown, code: string, expected: string): Promise<void> {
  let refusal: unknown = "it was accepted";
  try {
    await attempt();
  } catch (error) {
    refusal = error;
  }
  expect(classes).toHaveProperty(code);
  expect(refusal).toBeInstanceOf(classes[code]);
  expect(refusal).toMatchObject({ code, message: expect.stringContaining(expected) });
  if (code === INVALID) expect(refusal).toBeInstanceOf(TypeError);
}
