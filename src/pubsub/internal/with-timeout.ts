interface TimeoutOptions {
  /** Called with the error of the timeout, before the promise rejects. */
  readonly onTimeout?: (error: Error) => void;
  /**
   * No caller waits for the promise, so its timer does not keep the process alive. For a caller that waits, it must: Node
   * would end the process without a word when nothing else is left to do.
   */
  readonly isInBackground?: boolean;
}

/** Settles as the promise does, or rejects after `timeoutMs` ms. */
export async function withTimeout<T>(
  promise: Promise<T>,
  timeoutMs: number,
  { onTimeout, isInBackground = false }: TimeoutOptions = {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`it did not answer within ${timeoutMs} ms`);
      onTimeout?.(error);
      reject(error);
    }, timeoutMs);
    if (isInBackground) timer.unref();
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
