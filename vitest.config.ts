import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // By itself it leaves one core out: of two that is half.
    maxWorkers: "100%",
    // Every test is deterministic given its seed: a retry would only hide a bug.
    retry: 0,
    allowOnly: false,
  },
});

export default config;
