import type { BrokerName } from "../brokers/recipes.ts";

/** What becomes of a command that README or guide tell: a new one needs a row, or the check fails. */
export type CommandPlan =
  /** It serves until it is ended. The page at each address that it tells has `shows` in it. */
  | {
      readonly how: "serve";
      readonly shows: string;
      readonly nodes?: number;
      readonly broker?: BrokerName;
    }
  /** It ends by itself, with 0, and says `shows`. */
  | { readonly how: "run"; readonly shows: string }
  /** In a folder of the reader's, with the tarball in place of the registry's `rollcall`; then what it is for is imported. */
  | { readonly how: "install"; readonly imports: string }
  /** A line of `.ci/run` is this command, with numbers of its own. */
  | { readonly how: "ci"; readonly line: string }
  /** Nobody runs it here, as … */
  | { readonly how: "left"; readonly because: string };

const READING = "reading now";
const MINUTES =
  "measures for minutes, and means something on a quiet machine only; its arguments are read by a test, and `.ci/run bench` runs two suites";

/** What becomes of this command; nothing for one that is not known. */
export function planOf(command: string): CommandPlan | undefined {
  return command.startsWith("npm run bench -- ") ? left(MINUTES) : commandPlans[command];
}

/** Of all commands but the benches, whose arguments are many. */
export const commandPlans: Readonly<Record<string, CommandPlan>> = {
  "npm ci && npm start": serve(READING),
  "npm start": serve(READING),
  "npm start -- --nodes 3": { ...serve(READING), nodes: 3 },
  "npm start -- --redis redis://localhost:6379": { ...serve(READING), broker: "redis" },
  "npm start -- --nats nats://localhost:4222": { ...serve(READING), broker: "nats" },
  "npm start -- --postgres postgres://postgres@localhost/postgres": { ...serve(READING), broker: "postgres" },
  ...bothWays("npm run example:channel-counts", serve("<title>")),
  ...bothWays("npm run example:chat-room", serve("<title>")),
  ...bothWays("npm run example:express", serve("<title>")),
  ...bothWays("npm run example:fastify", serve("<title>")),
  ...bothWays("npm run example:socket.io", serve("<title>")),

  "npm run docs": { how: "run", shows: "each documented with a sample" },
  "npm run check:sizes": { how: "run", shows: "* from rollcall/client:" },
  "npm run example:three-nodes": {
    how: "run",
    shows: "lima sees -bob -alice in article:7 (replica): 0 reading",
  },
  "npm ci && npm run example:property-test": { how: "run", shows: "reduce: right in all of" },
  "npm run simulate -- --seed 7": { how: "run", shows: "1 passed, 0 failed" },

  "npm install rollcall": { how: "install", imports: "rollcall" },
  "npm install rollcall ws": { how: "install", imports: "rollcall/phoenix" },
  "npm install rollcall react": { how: "install", imports: "rollcall/react" },
  "npm install redis": { how: "install", imports: "rollcall/pubsub/redis" },
  "npm install ioredis": { how: "install", imports: "rollcall/pubsub/ioredis" },
  "npm install @nats-io/transport-node": { how: "install", imports: "rollcall/pubsub/nats" },
  "npm install pg": { how: "install", imports: "rollcall/pubsub/postgres" },
  "npm install mqtt": { how: "install", imports: "mqtt" },

  "npm cit": ci("npm cit"),
  "npm run test:all": ci("npx vitest run --project rest"),
  "npm run storm": ci("npm run storm"),
  "npm run simulate -- --seeds 2000": ci("npm run simulate -- --seeds 2000"),
  "npm run simulate -- --seeds N": ci("npm run simulate -- --seeds 2000"),
  "npm run simulate -- --seeds 500 --from 9": ci("npm run simulate -- --seeds 2000"),
  "npm run conformance -- FILE…": ci("npm run conformance -- test/conformance/*.jsonl.gz"),
  "npm run chaos -- --driver redis --minutes 10": ci('npm run --silent chaos -- --driver "$driver" "$@"'),

  "npm run mutants": left(
    "plants bug after bug and runs tests for each, for an hour and more; a test reads every patch",
  ),
  "npm run simulate -- --figures": left("simulates fifty nodes for minutes, to fill in a table"),
  "docker compose -f examples/cluster/compose.yaml up --build": left(
    "needs Docker; a test holds the file to what can be started",
  ),
  "BROKER=nats docker compose -f examples/cluster/compose.yaml up --build": left(
    "needs Docker; a test holds the file to what can be started",
  ),
  "node server.js": left("is the reader's own file"),
};

function serve(shows: string): CommandPlan & { readonly how: "serve" } {
  return { how: "serve", shows };
}

/** With `npm ci` before it on its own page, and without where another page names it. */
function bothWays(command: string, plan: CommandPlan): Record<string, CommandPlan> {
  return { [`npm ci && ${command}`]: plan, [command]: plan };
}

function ci(line: string): CommandPlan {
  return { how: "ci", line };
}

function left(because: string): CommandPlan {
  return { how: "left", because };
}
