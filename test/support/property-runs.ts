/** The number of runs of each property test. CI uses fewer on the other versions of Node. */
export const PROPERTY_RUNS: number = Number(process.env["ROLLCALL_PROPERTY_RUNS"] ?? 1_000);
