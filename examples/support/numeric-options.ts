import { parseArgs } from "node:util";

/** A port that the environment names, as hosts do it, before what the command line says. */
export function withPort(
  args: readonly string[],
  { PORT }: { readonly PORT?: string | undefined },
): string[] {
  return PORT === undefined ? [...args] : ["--port", PORT, ...args];
}

/**
 * Reads a command line of numbers, `--port 8080`. `known` says of each what it is when it is not given, and at most.
 *
 * @throws {Error} that says what is wrong with what was given.
 */
export function readNumbers<Name extends string>(
  args: readonly string[],
  known: Readonly<Record<Name, readonly [standard: number, most: number]>>,
): Record<Name, number> {
  const names = Object.keys(known) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" } as const]));
  const { values } = parseArgs({ args: [...args], options });
  const numberOf = (name: Name): number => {
    const [standard, most] = known[name];
    const given = values[name];
    if (given === undefined) return standard;
    if (/^\d+$/.test(given) && Number(given) <= most) return Number(given);
    throw new Error(`--${name} is "${given}"; it takes a whole number from 0 to ${most}.`);
  };
  return Object.fromEntries(names.map((name) => [name, numberOf(name)])) as Record<Name, number>;
}
