import { checkArgument } from "../checks/check-argument.ts";

/**
 * Makes a generator of random numbers from 0 (included) to 1 (excluded). A seed gives the same numbers on every machine.
 * The generator is sfc32 from Chris Doty-Humphrey's PractRand, seeded as PractRand does. Do not use it for secrets.
 *
 * @param seed Any finite number. Only its lower 53 bits count.
 * @throws {InvalidArgumentError} unless the seed is a finite number; it is a `TypeError`.
 * @example
 * const random = seededRandom(7);
 * const tracker = await createTracker({ pubsub, random });
 */
export function seededRandom(seed: number): () => number {
  checkArgument(
    "seed",
    seed,
    Number.isFinite(seed),
    "a finite number",
    "The same seed always gives the same run.",
  );
  let a = seed | 0;
  let b = Math.floor(seed / 0x1_0000_0000) | 0;
  let c = 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 0x1_0000_0000;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  return next;
}
