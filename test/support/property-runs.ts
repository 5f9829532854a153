/** How often each law is tried. Fewer where the same laws run once more, on another Node. */
export const PROPERTY_RUNS: number = Number(process.env["ROLLCALL_PROPERTY_RUNS"] ?? 1_000);
