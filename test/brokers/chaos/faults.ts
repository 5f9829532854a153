import { setTimeout as pause } from "node:timers/promises";
import type { BrokerServer } from "../../../scripts/brokers/broker-server.ts";
import type { Dice } from "../../support/dice.ts";
import type { ProcessCluster } from "./process-cluster.ts";

/** What goes wrong, by name; over when it resolves. */
export type FaultsByName = Readonly<Record<string, () => Promise<void>>>;

export function brokerFaults(server: BrokerServer, dice: Dice): FaultsByName {
  const down = () => pause(dice.between(0, 2_000));
  return {
    async "broker killed"() {
      await server.kill();
      await down();
      await server.start();
    },
    async "broker stopped"() {
      await server.stop();
      await down();
      await server.start();
    },
    async "broker paused"() {
      server.freeze();
      await pause(dice.between(100, 4_000));
      server.thaw();
    },
  };
}

export function processFaults(crowd: ProcessCluster, dice: Dice): FaultsByName {
  return {
    "process killed": () => crowd.killOne(dice),
    "process replaced": () => crowd.replaceOne(dice),
    "process restarted": () => crowd.restartOne(dice),
    "process paused": () => crowd.freezeOne(dice, () => pause(dice.between(100, 5_000))),
    // Also for longer than downPeriodMs.
    "process cut off": () => crowd.cutOne(dice, () => pause(dice.between(100, 8_000))),
  };
}
