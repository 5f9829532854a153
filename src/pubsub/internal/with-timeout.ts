/** Settles as the promise does, or rejects after `timeoutMs` ms. It calls `onTimeout` with that error first. */
export async function withTimeout<T>(
  promise: Promise<T>,
  timeoutMs: number,
  onTimeout?: (error: Error) => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`it did not answer within ${timeoutMs} ms`);
      onTimeout?.(error);
      reject(error);
    }, timeoutMs).unref();
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
