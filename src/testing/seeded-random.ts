import { checkArgument } from "../checks/check-argument.ts";

/**
 * Random numbers from 0 up to 1 that a seed decides: the same ones on every machine. sfc32 of Chris Doty-Humphrey's
 * PractRand, started from a seed as he does it. Not for secrets.
 *
 * @param seed Any number; its lower 53 bits count.
 * @throws {InvalidArgumentError} when the seed is no finite number; it is a `TypeError`.
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
    "One seed always gives the same run.",
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
