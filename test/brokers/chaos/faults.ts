import { setTimeout as pause } from "node:timers/promises";
import type { BrokerServer } from "../../../scripts/brokers/broker-server.ts";
import type { Dice } from "../../support/dice.ts";
import type { ProcessCluster } from "./process-cluster.ts";

/** Faults by name. Each one resolves when the fault is over. */
export type FaultsByName = Readonly<Record<string, () => Promise<void>>>;

export function brokerFaults(server: BrokerServer, dice: Dice): FaultsByName {
  const pauseWhileDown = () => pause(dice.between(0, 2_000));
  return {
    async "broker killed"() {
      await server.kill();
      await pauseWhileDown();
      await server.start();
    },
    async "broker stopped"() {
      await server.stop();
      await pauseWhileDown();
      await server.start();
    },
    async "broker paused"() {
      server.freeze();
      await pause(dice.between(100, 4_000));
      server.thaw();
    },
  };
}

export function processFaults(cluster: ProcessCluster, dice: Dice): FaultsByName {
  return {
    "process killed": () => cluster.killOne(dice),
    "process replaced": () => cluster.replaceOne(dice),
    "process restarted": () => cluster.restartOne(dice),
    // Sometimes for longer than downPeriodMs.
    "process paused": () => cluster.freezeOne(dice, () => pause(dice.between(100, 8_000))),
    "process cut off": () => cluster.cutOne(dice, () => pause(dice.between(100, 8_000))),
  };
}
