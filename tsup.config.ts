import { defineConfig, type Options } from "tsup";

const config: Options = defineConfig({
  entry: { index: "src/index.ts" },
  format: ["esm", "cjs"],
  target: "node20",
  dts: true,
  sourcemap: true,
  clean: true,
  treeshake: true,
}) as Options;

export default config;
