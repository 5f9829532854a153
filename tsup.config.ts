import { defineConfig, type Options } from "tsup";

const config: Options = defineConfig({
  // One an entry of `exports` in package.json, under the path that it has there.
  entry: {
    index: "src/index.ts",
    "client/index": "src/client/index.ts",
    "phoenix/index": "src/phoenix/index.ts",
    "react/index": "src/react/index.ts",
    "inspector/index": "src/inspector/index.ts",
    "testing/index": "src/testing/index.ts",
    "testing/arbitraries/index": "src/testing/arbitraries/index.ts",
    "pubsub/broadcast-channel": "src/pubsub/broadcast-channel.ts",
    "pubsub/cluster": "src/pubsub/cluster.ts",
    "pubsub/redis": "src/pubsub/redis.ts",
    "pubsub/ioredis": "src/pubsub/ioredis.ts",
    "pubsub/nats": "src/pubsub/nats.ts",
    "pubsub/postgres": "src/pubsub/postgres.ts",
  },
  format: ["esm", "cjs"],
  target: "node20",
  // Else who has neither Node's types nor a lib of esnext is told that there is no AsyncDisposable.
  dts: { banner: '/// <reference lib="esnext.disposable" />' },
  // What is shipped is not minified and keeps our names: a stack leads to code that reads without a map.
  sourcemap: false,
  clean: true,
  treeshake: true,
  // nanoid 5 is ESM only: to require it fails where a test runner loads modules itself.
  noExternal: ["nanoid"],
}) as Options;

export default config;
