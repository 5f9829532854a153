/** What `work` returns, and how long it takes in ms, with no garbage left over from before. */
export function time<Result>(work: () => Result): [result: Result, ms: number] {
  collectGarbage();
  return timeNow(work);
}

/** The same with no collection before, for work so short that it is timed many times over. */
export function timeNow<Result>(work: () => Result): [result: Result, ms: number] {
  const start = performance.now();
  const result = work();
  return [result, performance.now() - start];
}

/** Plays a round once to warm up and then `runs` times. Returns what the rounds measured, by name. */
export function rounds<Name extends string>(
  runs: number,
  round: () => Record<Name, number>,
): Record<Name, number[]> {
  round();
  const played = Array.from({ length: runs }, round);
  const names = Object.keys(played[0]!) as Name[];
  return Object.fromEntries(names.map((name) => [name, played.map((one) => one[name])])) as Record<
    Name,
    number[]
  >;
}

/** What `make` returns, and by how many bytes the heap is fuller for it. */
export function heapBytesOf<Result>(make: () => Result): [result: Result, bytes: number] {
  const before = heapBytes();
  const result = make();
  return [result, heapBytes() - before];
}

/** Collected twice: what finalizers and caches let go of in the first collection is gone with the second. */
export function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Node has it with `--expose-gc`. */
export function collectGarbage(): void {
  globalThis.gc!();
}
