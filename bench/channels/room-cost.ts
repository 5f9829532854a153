import { atMost, type Figure, ratios } from "../figure.ts";
import type { ServerUsage } from "./server-messages.ts";

/** What one party took: by the clock, of its clients, and of its server. */
export interface RoomCost extends ServerUsage {
  readonly ms: number;
  /** To the clients. */
  readonly bytes: number;
  readonly clientCpuMs: number;
}

/** What we aim at; CPU and memory are those of the server. */
export type RoomCostTargets = Partial<Pick<RoomCost, "ms" | "bytes" | "cpuMs" | "memoryBytes">>;

interface Compared {
  /** What the floors call it. */
  readonly name: "joining" | "leaving";
  readonly work: string;
  /** Run by run, in turn. */
  readonly ours: readonly RoomCost[];
  readonly limit: readonly RoomCost[];
  readonly targets: RoomCostTargets | undefined;
}

/** What ours took, each beside what the limit did. */
export function figuresOf({ name, work, ours, limit, targets = {} }: Compared): Figure[] {
  const beside = (text: string, unit: "ms" | "B", field: keyof RoomCost, floors: Floors = {}): Figure[] => {
    const [samples, peers] = [ours, limit].map((took) => took.map((one) => one[field])) as [
      number[],
      number[],
    ];
    const target = targets[field as keyof RoomCostTargets];
    return [
      { work: text, unit, samples, ...(target && { target: atMost(target) }), ...named(floors.own) },
      { work: "… … the limit", unit, samples: peers },
      { work: "… … to the limit", unit: "×", samples: ratios(samples, peers), ...named(floors.ratio) },
    ];
  };
  return [
    ...beside(work, "ms", "ms", { ratio: `time to the limit, ${name}` }),
    ...beside("… bytes to the clients", "B", "bytes", {
      own: `bytes, ${name}`,
      ratio: `bytes to the limit, ${name}`,
    }),
    ...beside("… CPU of the server", "ms", "cpuMs", { ratio: `CPU to the limit, ${name}` }),
    ...beside("… memory of the server, at its peak", "B", "memoryBytes"),
    ...beside("… CPU of the clients", "ms", "clientCpuMs"),
  ];
}

/** What floors.json calls a figure, and its ratio. */
interface Floors {
  readonly own?: string;
  readonly ratio?: string;
}

function named(floor: string | undefined): Pick<Figure, "floor"> {
  return floor === undefined ? {} : { floor };
}
