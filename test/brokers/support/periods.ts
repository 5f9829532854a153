/** Short ones, so that a test sees a node go down and come back. */
export const SHORT_PERIODS = {
  broadcastPeriodMs: 300,
  maxSilentPeriods: 1,
  downPeriodMs: 6_000,
  permdownPeriodMs: 15_000,
};
