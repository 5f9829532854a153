import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type UserConfig } from "vite";

const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL("browser", import.meta.url)),
  plugins: [react()],
  // The example builds the library from its source. A real application installs it.
  resolve: {
    alias: { "rollcall/client": fileURLToPath(new URL("../../src/client/index.ts", import.meta.url)) },
  },
});

export default config;
