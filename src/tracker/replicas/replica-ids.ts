import { customRandom, nanoid, urlAlphabet } from "nanoid";

/** Of 64 letters each: of a million starts, the odds of two that share one are one in ten thousand million. */
const LENGTH = 12;

/** Makes ids that were never used; from `random`, where one is given, so that a seed replays them. */
export function replicaIdGenerator(random: (() => number) | undefined): () => string {
  if (random === undefined) return () => nanoid(LENGTH);
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
  return customRandom(urlAlphabet, LENGTH, bytes);
}
