import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type UserConfig } from "vite";

const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL("browser", import.meta.url)),
  plugins: [react()],
  // Here the library is built from its source. A product has installed it.
  resolve: {
    alias: { "rollcall/client": source("client/index.ts"), "rollcall/react": source("react/index.ts") },
  },
});

export default config;
