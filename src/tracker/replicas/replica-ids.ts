import { customRandom, nanoid, urlAlphabet } from "nanoid";

/** With 64 letters, the odds that two of a million ids are equal are one in ten billion. */
const LENGTH = 12;

/** Generates unique ids. With `random` they are reproducible from its seed. */
export function replicaIdGenerator(random: (() => number) | undefined): () => string {
  if (random === undefined) return () => nanoid(LENGTH);
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
  return customRandom(urlAlphabet, LENGTH, bytes);
}
