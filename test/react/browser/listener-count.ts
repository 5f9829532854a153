/** A store that knows how many listen to it, and how many ever began to. */
export type WithListenerCount<Store> = Store & { readonly listeners: () => [now: number, ever: number] };

export function countListeners<Store extends { subscribe: (listener: () => void) => () => void }>(
  store: Store,
): WithListenerCount<Store> {
  let [now, ever] = [0, 0];
  return {
    ...store,
    listeners: () => [now, ever],
    subscribe(listener) {
      const stop = store.subscribe(listener);
      now++;
      ever++;
      return () => {
        now--;
        stop();
      };
    },
  };
}
