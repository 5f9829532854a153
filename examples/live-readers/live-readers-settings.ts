import { parseArgs } from "node:util";
import { type BrokerAddress, brokerOf } from "../cluster/address.ts";

/** The options of `npm start -- …`. */
export interface LiveReadersSettings {
  readonly nodes: number;
  /** The broker that connects the nodes, on any machine. Without one, all nodes are processes of one command. */
  readonly broker: BrokerAddress | undefined;
  /** The port of node 1. The other nodes listen on the ports after it. */
  readonly port: number;
  /** Whether `--port` was left out. Then a node whose port is taken tries the next one. */
  readonly isDefaultPort: boolean;
  readonly leaveDelayMs: number;
  readonly diffWindowMs: number;
  readonly broadcastPeriodMs: number;
  readonly pingPeriodMs: number;
  /** Whether each node serves the inspector at `/presence`. */
  readonly inspector: boolean;
}

/** @throws {Error} that names the option, its value and the values that are allowed. */
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
    defaultValue: number,
    min: number,
    max: number,
  ) => {
    const text = values[name];
    if (text === undefined) return defaultValue;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new Error(`--${name} is "${text}"; it takes a whole number from ${min} to ${max}.`);
  };
  return {
    nodes: number("nodes", 1, 1, 16),
    broker: brokerOf(values),
    port: number("port", 4_000, 0, 65_000),
    isDefaultPort: values.port === undefined,
    // Long enough for a reload on a phone, short enough that a closed page is soon no longer counted.
    leaveDelayMs: number("leave-delay", 2_000, 0, 60_000),
    diffWindowMs: number("diff-window", 100, 0, 10_000),
    broadcastPeriodMs: number("broadcast-period", 1_500, 10, 60_000),
    // A dead connection misses one pong and is terminated at the next ping: within two periods.
    pingPeriodMs: number("ping-period", 12_000, 10, 60_000),
    inspector: values.inspector === true,
  };
}
