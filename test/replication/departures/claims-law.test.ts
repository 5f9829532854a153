import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomNumbers } from "../../support/arbitraries/random-numbers.ts";
import { PROPERTY_RUNS } from "../../support/property-runs.ts";
import { ClaimNetwork } from "./claim-network.ts";

const NODES = ["tokyo", "paris", "berlin", "lima", "oslo"];
const LEAVE_DELAY = 8_000;
const runs = { numRuns: Math.ceil(PROPERTY_RUNS / 2) };

interface Command {
  readonly what: "join" | "end" | "close" | "kill" | "isolate" | "heal";
  readonly at: number;
  readonly waitMs: number;
}

const numbers = (list: readonly number[]): (() => number) => {
  let next = 0;
  return () => list[next++ % list.length]!;
};

/** Commands for some of the replicas. Clients come and go far more often than replicas. */
function commands(waits: fc.Arbitrary<number>): fc.Arbitrary<Command[]> {
  const what = fc.constantFrom<Command["what"][]>(
    ...(["join", "join", "join", "join", "end", "end", "end", "end", "end"] as const),
    ...(["close", "kill", "isolate", "heal", "heal"] as const),
  );
  const command = fc.record({ what, at: fc.nat(4), waitMs: waits }, { noNullPrototype: true });
  return fc.array(command, { minLength: 5, maxLength: 40, size: "max" });
}

/** Carries out a command, if the cluster is still as it has to be for that. Returns whether it was. */
function carryOut(network: ClaimNetwork, names: readonly string[], { what, at }: Command): boolean {
  const name = names[at % names.length]!;
  const others = names.filter((other) => other !== name && network.isUp(other)).length;
  if (what === "heal") network.heal();
  else if (!network.isUp(name) || ((what === "close" || what === "kill") && others === 0)) return false;
  else network[what](name);
  return true;
}

describe("errors downward never add up", () => {
  it("whatever joins, ends, leaves, dies and is lost, repeated, late or out of order", () => {
    let early = 0;
    const waits = fc.constantFrom(0, 5, 15, 40, 150, 600, 3_000);
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), commands(waits), randomNumbers(), (count, list, random) => {
        const names = NODES.slice(0, count);
        const luck = numbers(random);
        const network = new ClaimNetwork(names, { leaveDelayMs: LEAVE_DELAY, luck: () => luck() % 12 });
        for (const name of names) for (let client = 0; client < 3; client++) network.join(name);
        network.advance(1_000);
        for (const command of list) {
          carryOut(network, names, command);
          network.advance(command.waitMs);
        }
        network.heal();
        network.advance(2 * LEAVE_DELAY);
        network.assertErrorsNeverAddUp();
        early += Math.max(...names.map((name) => network.earlyAt(name)));
      }),
      runs,
    );
    expect(early).toBeGreaterThan(0);
  });
});

describe("each newcomer supersedes one pending leave", () => {
  it("of its own node, of another, or of one that has left, as long as there is one and messages arrive", () => {
    const spaced = commands(fc.constant(250)).map((list) =>
      list.filter(({ what }) => what === "join" || what === "end" || what === "close").slice(0, 25),
    );
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), spaced, (count, list) => {
        const names = NODES.slice(0, count);
        const network = new ClaimNetwork(names, { leaveDelayMs: 20_000 });
        const clients = new Map(names.map((name) => [name, 0]));
        let [here, waiting] = [0, 0];
        for (const command of list) {
          const name = names[command.at % count]!;
          const was = clients.get(name)!;
          if (!carryOut(network, names, command)) continue;
          if (command.what === "join") {
            clients.set(name, was + 1);
            here++;
            if (waiting > 0) waiting--;
          } else if (command.what === "close" || was > 0) {
            const gone = command.what === "close" ? was : 1;
            clients.set(name, was - gone);
            here -= gone;
            waiting += gone;
          }
          network.advance(command.waitMs);
          expect(new Set(network.counts())).toEqual(new Set([here + waiting]));
        }
        network.assertErrorsNeverAddUp();
      }),
      runs,
    );
  });
});
