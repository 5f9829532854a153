/** A path as one would write it in code: `meta.devices[2].seen`. */
export function formatPath(root: string, path: readonly PropertyKey[]): string {
  return root + path.map(formatStep).join("");
}

function formatStep(step: PropertyKey): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "symbol") return `[${String(step)}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
