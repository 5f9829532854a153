/**
 * A value, or a promise of it.
 *
 * @example
 * const soon: Promised<number> = Promise.resolve(1);
 */
export type Promised<T> = T | PromiseLike<T>;

/** Whether the caller must wait for a handler's result. */
export function isPromise<T>(result: Promised<T>): result is PromiseLike<T> {
  return typeof (result as PromiseLike<T> | undefined)?.then === "function";
}

/** Calls `next` with a handler's result: at once, unless the result is a promise. */
export function andThen<T, R>(result: Promised<T>, next: (result: T) => Promised<R>): Promised<R> {
  return isPromise(result) ? result.then(next) : next(result);
}
