import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type UserConfig } from "vite";

const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL("browser", import.meta.url)),
  plugins: [react()],
  // Here the library is built from its source. A product has installed it.
  resolve: {
    alias: { "rollcall/client": fileURLToPath(new URL("../../src/client/index.ts", import.meta.url)) },
  },
});

export default config;
