import { atMost, type Figure } from "../figure.ts";
import type { Effort, Subject, Suite } from "../subject.ts";
import { type BurstCost, runBurst } from "./burst-run.ts";
import { type Burst, emoji, rejoins, updates } from "./bursts.ts";

/** One client against a server with default options, next to a server of bare `ws` with the same room and the same input. */
export const hostile: Suite = {
  updates300: burst(updates(300)),
  updates1100: burst(updates(1_100)),
  rejoins300: burst(rejoins(300)),
  emoji: burst(emoji()),
};

/** Both servers take turns. */
function burst(what: Burst): Subject {
  return async ({ runs }: Effort): Promise<Figure[]> => {
    const [ours, bareWs]: BurstCost[][] = [[], []];
    for (let run = 0; run < runs; run++) {
      ours!.push(await runBurst("rollcall", what));
      bareWs!.push(await runBurst("bareWs", what));
    }
    const compare = (
      work: string,
      unit: "ms" | "×",
      field: keyof BurstCost,
      limit: number,
      floor: string,
    ): Figure[] => {
      const [samples, baseline] = [ours, bareWs].map((costs) => costs!.map((cost) => cost[field])) as [
        number[],
        number[],
      ];
      return [
        { work, unit, samples, target: atMost(limit), floor },
        { work: "… … bare ws", unit, samples: baseline },
      ];
    };
    return [
      ...compare(`${what.work}: a bystander waits`, "ms", "waitMs", 100, "a bystander waits"),
      ...compare("… bytes to others per byte", "×", "amplification", 50, "bytes to others"),
      ...compare("… diffs to a member per window", "×", "diffsPerWindow", 1, "diffs per window"),
      ...compare("… memory afterwards", "×", "memory", 1.05, "memory afterwards"),
    ];
  };
}
