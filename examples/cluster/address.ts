/** A broker as it was named, with `--redis redis://localhost:6379` for one. */
export interface BrokerAddress {
  readonly name: ExampleBroker;
  readonly url: string;
}

export type ExampleBroker = "redis" | "nats" | "postgres";

/** What an address may begin with, and one that is usual. */
const known: Readonly<
  Record<ExampleBroker, { readonly protocols: readonly string[]; readonly usual: string }>
> = {
  redis: { protocols: ["redis:", "rediss:"], usual: "redis://localhost:6379" },
  nats: { protocols: ["nats:", "tls:"], usual: "nats://localhost:4222" },
  postgres: { protocols: ["postgres:", "postgresql:"], usual: "postgres://postgres@localhost/postgres" },
};

const brokerNames = Object.keys(known) as readonly ExampleBroker[];

/**
 * Of all the flags that were given, the one that names a broker.
 *
 * @throws {Error} that says what is wrong with what was given.
 */
export function brokerOf(
  flags: { readonly [name in ExampleBroker]?: string | undefined },
): BrokerAddress | undefined {
  const given = brokerNames.filter((name) => flags[name] !== undefined);
  const [name] = given;
  if (name === undefined) return undefined;
  if (given.length > 1) {
    const all = given.map((each) => `--${each}`).join(" and ");
    throw new Error(`${all} are given; nodes hear each other over one broker. Leave one.`);
  }
  const url = flags[name]!;
  const { protocols, usual } = known[name];
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.hostname && protocols.includes(parsed.protocol)) return { name, url };
  const allowed = protocols.map((protocol) => `${protocol}//`).join(" or ");
  throw new Error(
    `--${name} is "${withoutPassword(url)}"; it takes an address that starts with ${allowed}, as in ${usual}.`,
  );
}

/** For people to read, and for logs. */
export function described({ name, url }: BrokerAddress): string {
  return `${name} at ${withoutPassword(url)}`;
}

function withoutPassword(url: string): string {
  return url.replace(/^(.*:\/\/)?.*@/, "$1").replace(/\?.*/, "");
}
