const renders = new Map<string, number>();

/** Counts a render. Each component calls it with the name that the test expects. */
export function countRender(name: string): void {
  renders.set(name, (renders.get(name) ?? 0) + 1);
}

/** How often each component rendered since the last call. */
export function takeRenderCounts(): Record<string, number> {
  const taken = Object.fromEntries(renders);
  renders.clear();
  return taken;
}
