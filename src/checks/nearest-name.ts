/** The known name that is most like the given one, if one is similar enough. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const reach = Math.max(2, Math.floor(given.length * 0.4));
  let nearest: string | undefined;
  let least = reach + 1;
  for (const name of names) {
    const edits = editsBetween(given.toLowerCase(), name.toLowerCase());
    if (edits < least) [nearest, least] = [name, edits];
  }
  return nearest;
}

/** The edit distance: how many letters must be added, removed or changed. */
function editsBetween(one: string, other: string): number {
  let edits = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let at = 1; at <= other.length; at++) {
      const changed = edits[at - 1]! + (one[row - 1] === other[at - 1] ? 0 : 1);
      next.push(Math.min(changed, edits[at]! + 1, next[at - 1]! + 1));
    }
    edits = next;
  }
  return edits[other.length]!;
}
