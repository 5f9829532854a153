import { useSyncExternalStore } from "react";

/** A value that components can subscribe to. */
export interface ObservableValue<T> {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => T;
  readonly set: (value: T) => void;
}

export function createObservableValue<T>(value: T): ObservableValue<T> {
  const listeners = new Set<() => void>();
  return {
    getSnapshot: () => value,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(next) {
      value = next;
      for (const listener of listeners) listener();
    },
  };
}

export function useObservableValue<T>({ subscribe, getSnapshot }: ObservableValue<T>): T {
  return useSyncExternalStore(subscribe, getSnapshot);
}
