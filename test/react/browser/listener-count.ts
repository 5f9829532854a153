/** A store that knows how many listen to it, and how many ever began to. */
export type Watched<Store> = Store & { readonly listeners: () => [now: number, ever: number] };

export function watched<Store extends { subscribe: (listener: () => void) => () => void }>(
  store: Store,
): Watched<Store> {
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
