import { parseArgs } from "node:util";

/** Puts `--port` with the environment's `PORT` before the other arguments, so that a `--port` among them wins. */
export function withPort(
  args: readonly string[],
  { PORT }: { readonly PORT?: string | undefined },
): string[] {
  return PORT === undefined ? [...args] : ["--port", PORT, ...args];
}

/**
 * Reads a command line of numbers, such as `--port 8080`. `limits` has the default and the maximum of each option.
 *
 * @throws {Error} that names the option, its value and the values that are allowed.
 */
export function readNumbers<Name extends string>(
  args: readonly string[],
  limits: Readonly<Record<Name, readonly [defaultValue: number, max: number]>>,
): Record<Name, number> {
  const names = Object.keys(limits) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" } as const]));
  const { values } = parseArgs({ args: [...args], options });
  const numberOf = (name: Name): number => {
    const [defaultValue, max] = limits[name];
    const text = values[name];
    if (text === undefined) return defaultValue;
    if (/^\d+$/.test(text) && Number(text) <= max) return Number(text);
    throw new Error(`--${name} is "${text}"; it takes a whole number from 0 to ${max}.`);
  };
  return Object.fromEntries(names.map((name) => [name, numberOf(name)])) as Record<Name, number>;
}
