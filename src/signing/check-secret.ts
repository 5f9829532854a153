import { InvalidArgumentError } from "../errors.ts";

/** The shortest secret, in characters. */
const MIN_SECRET_LENGTH = 16;

/** The options that `createTracker`, `createPresence` and `createEndpoint` share. */
export interface SecretOptions {
  readonly secret: string | readonly string[] | undefined;
  readonly acceptUnsigned: boolean;
}

/**
 * Checks a `secret` and `acceptUnsigned`. No error contains a secret.
 *
 * @throws {InvalidArgumentError} naming the option that is wrong.
 */
export function assertSecretOptions({ secret, acceptUnsigned }: SecretOptions): void {
  if (typeof acceptUnsigned !== "boolean") {
    throw new InvalidArgumentError(
      `acceptUnsigned is ${kindOf(acceptUnsigned)}; it must be true or false. Or leave it out.`,
    );
  }
  if (secret === undefined) {
    if (!acceptUnsigned) return;
    throw new InvalidArgumentError(
      "acceptUnsigned is true and secret is undefined; acceptUnsigned must come with a secret. Pass the secret too.",
    );
  }
  if (!Array.isArray(secret)) {
    assertSecret("secret", secret);
    return;
  }
  if (secret.length === 0) throw refusal("secret", "an empty array");
  for (const [at, each] of secret.entries()) {
    assertSecret(`secret[${at}]`, each);
    const first = secret.indexOf(each);
    if (first < at) throw refusal(`secret[${at}]`, `equal to secret[${first}]`);
  }
}

function assertSecret(name: string, given: unknown): void {
  if (typeof given !== "string") throw refusal(name, kindOf(given));
  if (given.length < MIN_SECRET_LENGTH) throw refusal(name, `a string of ${given.length} characters`);
}

function refusal(name: string, given: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `${name} is ${given}; it must be a string of at least ${MIN_SECRET_LENGTH} characters, or an array of different ones, ` +
      'of which the first signs. Make one with "openssl rand -base64 32".',
  );
}

/** The kind of a value, and never the value itself: it may be a secret. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
