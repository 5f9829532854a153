const renders = new Map<string, number>();

/** Called by a component as it renders, under the name that the test knows it by. */
export function countRender(name: string): void {
  renders.set(name, (renders.get(name) ?? 0) + 1);
}

/** How often each rendered since this was asked last. */
export function takeRenderCounts(): Record<string, number> {
  const taken = Object.fromEntries(renders);
  renders.clear();
  return taken;
}
