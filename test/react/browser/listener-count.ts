/** A store that counts its current listeners, and all that were ever added. */
export type WithListenerCount<Store> = Store & { readonly listeners: () => [current: number, total: number] };

export function countListeners<Store extends { subscribe: (listener: () => void) => () => void }>(
  store: Store,
): WithListenerCount<Store> {
  let [current, total] = [0, 0];
  return {
    ...store,
    listeners: () => [current, total],
    subscribe(listener) {
      const stop = store.subscribe(listener);
      current++;
      total++;
      return () => {
        current--;
        stop();
      };
    },
  };
}
