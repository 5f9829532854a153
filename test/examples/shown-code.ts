/** The code of an example as its page shows it: with the imports of a user, and without `--help`. */
export function shownCode(code: string, source: string, published: string): string {
  const afterHelp = code.split('import "./support/print-help.ts";\n\n')[1];
  if (afterHelp === undefined || !afterHelp.includes(source))
    throw new Error(`the example does not import ${source}`);
  return afterHelp.replaceAll(source, published);
}
