import { atMost, type Figure, ratios } from "../figure.ts";
import type { ServerUsage } from "./server-messages.ts";

/** The cost of one change to the room: wall time, and the work of the clients and of the server. */
export interface RoomCost extends ServerUsage {
  readonly ms: number;
  /** Sent to the clients. */
  readonly bytes: number;
  readonly clientCpuMs: number;
}

/** Targets; CPU and memory are those of the server. */
export type RoomCostTargets = Partial<Pick<RoomCost, "ms" | "bytes" | "cpuMs" | "memoryBytes">>;

interface RoomCostComparison {
  /** Its name in floors.json. */
  readonly name: "joining" | "leaving";
  readonly work: string;
  /** One per run; the servers take turns. */
  readonly ours: readonly RoomCost[];
  readonly bareWs: readonly RoomCost[];
  readonly targets: RoomCostTargets | undefined;
}

/** The figures of our server, each with the one of bare `ws` and the ratio. */
export function figuresOf({ name, work, ours, bareWs, targets = {} }: RoomCostComparison): Figure[] {
  const compare = (text: string, unit: "ms" | "B", field: keyof RoomCost, floors: Floors = {}): Figure[] => {
    const [samples, baseline] = [ours, bareWs].map((costs) => costs.map((cost) => cost[field])) as [
      number[],
      number[],
    ];
    const target = targets[field as keyof RoomCostTargets];
    return [
      { work: text, unit, samples, ...(target && { target: atMost(target) }), ...floorNamed(floors.own) },
      { work: "… … bare ws", unit, samples: baseline },
      {
        work: "… … relative to bare ws",
        unit: "×",
        samples: ratios(samples, baseline),
        ...floorNamed(floors.ratio),
      },
    ];
  };
  return [
    ...compare(work, "ms", "ms", { ratio: `time to bare ws, ${name}` }),
    ...compare("… bytes to the clients", "B", "bytes", {
      own: `bytes, ${name}`,
      ratio: `bytes to bare ws, ${name}`,
    }),
    ...compare("… CPU of the server", "ms", "cpuMs", { ratio: `CPU to bare ws, ${name}` }),
    ...compare("… peak memory of the server", "B", "memoryBytes"),
    ...compare("… CPU of the clients", "ms", "clientCpuMs"),
  ];
}

/** The names in floors.json of a figure and of its ratio. */
interface Floors {
  readonly own?: string;
  readonly ratio?: string;
}

function floorNamed(floor: string | undefined): Pick<Figure, "floor"> {
  return floor === undefined ? {} : { floor };
}
