/** A broker that an option names, such as `--redis redis://localhost:6379`. */
export interface BrokerAddress {
  readonly name: ExampleBroker;
  readonly url: string;
}

export type ExampleBroker = "redis" | "nats" | "postgres";

/** The protocols that an address may start with, and an example of an address. */
const brokers: Readonly<
  Record<ExampleBroker, { readonly protocols: readonly string[]; readonly example: string }>
> = {
  redis: { protocols: ["redis:", "rediss:"], example: "redis://localhost:6379" },
  nats: { protocols: ["nats:", "tls:"], example: "nats://localhost:4222" },
  postgres: { protocols: ["postgres:", "postgresql:"], example: "postgres://postgres@localhost/postgres" },
};

const brokerNames = Object.keys(brokers) as readonly ExampleBroker[];

/**
 * Returns the broker that the options name, if they name one.
 *
 * @throws {Error} if they name several brokers, or an address that is not valid.
 */
export function brokerOf(
  options: { readonly [name in ExampleBroker]?: string | undefined },
): BrokerAddress | undefined {
  const named = brokerNames.filter((name) => options[name] !== undefined);
  const [name] = named;
  if (name === undefined) return undefined;
  if (named.length > 1) {
    const all = named.map((each) => `--${each}`).join(" and ");
    throw new Error(`${all} are given, but the nodes share one broker. Keep one of these options.`);
  }
  const url = options[name]!;
  const { protocols, example } = brokers[name];
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.hostname && protocols.includes(parsed.protocol)) return { name, url };
  const allowed = protocols.map((protocol) => `${protocol}//`).join(" or ");
  throw new Error(
    `--${name} is "${withoutPassword(url)}"; it takes an address that starts with ${allowed}, as in ${example}.`,
  );
}

/** Describes a broker for logs and errors, without the password. */
export function describeBroker({ name, url }: BrokerAddress): string {
  return `${name} at ${withoutPassword(url)}`;
}

function withoutPassword(url: string): string {
  return url.replace(/^(.*:\/\/)?.*@/, "$1").replace(/\?.*/, "");
}
