/** Collects garbage, then times `work`. */
export function time<Result>(work: () => Result): [result: Result, ms: number] {
  collectGarbage();
  return timeNow(work);
}

/** Times `work` without a garbage collection before it, for short work that is timed many times. */
export function timeNow<Result>(work: () => Result): [result: Result, ms: number] {
  const start = performance.now();
  const result = work();
  return [result, performance.now() - start];
}

/** Runs a round once to warm up, then `runs` times. Returns the results of the counted rounds by name. */
export function rounds<Name extends string>(
  runs: number,
  round: () => Record<Name, number>,
): Record<Name, number[]> {
  round();
  const results = Array.from({ length: runs }, round);
  const names = Object.keys(results[0]!) as Name[];
  return Object.fromEntries(names.map((name) => [name, results.map((one) => one[name])])) as Record<
    Name,
    number[]
  >;
}

/** Calls `make`. Returns its result and the growth of the heap in bytes. */
export function heapBytesOf<Result>(make: () => Result): [result: Result, bytes: number] {
  const before = heapBytes();
  const result = make();
  return [result, heapBytes() - before];
}

/** Heap in use after two collections: the second one removes what finalizers and caches released in the first. */
export function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Needs `node --expose-gc`. */
export function collectGarbage(): void {
  globalThis.gc!();
}
