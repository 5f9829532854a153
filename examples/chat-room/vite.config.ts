import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type UserConfig } from "vite";

const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL("browser", import.meta.url)),
  plugins: [react()],
  // The example builds the library from its source. A real application installs it.
  resolve: {
    alias: { "rollcall/client": source("client/index.ts"), "rollcall/react": source("react/index.ts") },
  },
});

export default config;
