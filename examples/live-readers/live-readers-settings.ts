import { parseArgs } from "node:util";
import { type BrokerAddress, brokerOf } from "../cluster/address.ts";

/** What `npm start -- …` can say. */
export interface LiveReadersSettings {
  readonly nodes: number;
  /** What nodes hear each other over, on any machine. Without one they are processes of one start. */
  readonly broker: BrokerAddress | undefined;
  /** Node 1 listens on it, the others on those after it. */
  readonly port: number;
  /** Nobody named the port, so that another one will do. */
  readonly isDefaultPort: boolean;
  readonly leaveDelayMs: number;
  readonly diffWindowMs: number;
  readonly broadcastPeriodMs: number;
  readonly pingPeriodMs: number;
  /** Whether each node shows itself at `/presence`. */
  readonly inspector: boolean;
}

/** @throws {Error} that says what is wrong with what was given. */
export function readSettings(args: readonly string[]): LiveReadersSettings {
  const option = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      nodes: option,
      redis: option,
      nats: option,
      postgres: option,
      port: option,
      "leave-delay": option,
      "diff-window": option,
      "broadcast-period": option,
      "ping-period": option,
      inspector: { type: "boolean" },
    },
  });
  const number = (
    name: Exclude<keyof typeof values, "inspector">,
    standard: number,
    least: number,
    most: number,
  ) => {
    const given = values[name];
    if (given === undefined) return standard;
    const value = Number(given);
    if (/^\d+$/.test(given) && value >= least && value <= most) return value;
    throw new Error(`--${name} is "${given}"; it takes a whole number from ${least} to ${most}.`);
  };
  return {
    nodes: number("nodes", 1, 1, 16),
    broker: brokerOf(values),
    port: number("port", 4_000, 0, 65_000),
    isDefaultPort: values.port === undefined,
    // Long enough for a reload on a phone, short enough that somebody who left is not counted for long.
    leaveDelayMs: number("leave-delay", 2_000, 0, 60_000),
    diffWindowMs: number("diff-window", 100, 0, 10_000),
    broadcastPeriodMs: number("broadcast-period", 1_500, 10, 60_000),
    // A dead connection misses one pong, and is ended at the next ping: within two periods.
    pingPeriodMs: number("ping-period", 12_000, 10, 60_000),
    inspector: values.inspector === true,
  };
}
