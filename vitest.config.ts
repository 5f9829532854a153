import { defineConfig, type ViteUserConfig } from "vitest/config";

/** The tests that `npm test` leaves to `npm run test:all`, because of what they need or how long they take. */
export const restOfTests: readonly string[] = [
  // Brokers, servers and other processes.
  "test/brokers/**/*.test.ts",
  "test/cluster/**/*.test.ts",
  "test/examples/**/*.test.ts",
  // Browsers.
  "test/react/**/*.test.ts",
  "test/**/*-in-browser.test.ts",
  // Long runs: the simulator, and every sample of the guide.
  "test/simulate/**/*.test.ts",
  "test/package/guide-samples.test.ts",
];

const config: ViteUserConfig = defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // By itself it leaves one core out: of two that is half.
    maxWorkers: "100%",
    // Every test is deterministic given its seed: a retry would only hide a bug.
    retry: 0,
    allowOnly: false,
    projects: [
      { extends: true, test: { name: "quick", include: ["test/**/*.test.ts"], exclude: [...restOfTests] } },
      { extends: true, test: { name: "rest", include: [...restOfTests] } },
    ],
  },
});

export default config;
