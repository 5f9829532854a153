import type { BrokerName } from "../brokers/recipes.ts";

/** How CI tests a command that the README or the guide shows. A new command needs a row, or the check fails. */
export type CommandPlan =
  /** It serves until it is stopped. The page at each address that it prints contains `shows`. */
  | {
      readonly how: "serve";
      readonly shows: string;
      readonly nodes?: number;
      readonly broker?: BrokerName;
    }
  /** It exits with 0 and prints `shows`. */
  | { readonly how: "run"; readonly shows: string }
  /** It installs packages in an empty folder, with our tarball as `rollcall`. Then `imports` can be imported. */
  | { readonly how: "install"; readonly imports: string }
  /** `.ci/run` has this command in a line, with other numbers. */
  | { readonly how: "ci"; readonly line: string }
  /** CI does not run it. */
  | { readonly how: "skipped"; readonly because: string };

const READING = "reading now";
const BENCH =
  "takes minutes, and its results count only on a quiet machine; a test parses its arguments, and `.ci/run bench` runs two suites";

const CHAOS = 'npm run --silent chaos -- --driver "$driver" "$@"';

/** The plan of a command, or undefined. */
export function planOf(command: string): CommandPlan | undefined {
  return command.startsWith("npm run bench -- ") ? skipped(BENCH) : commandPlans[command];
}

/** The plans of all commands except `npm run bench`, which has many combinations of arguments. */
export const commandPlans: Readonly<Record<string, CommandPlan>> = {
  "npm ci && npm start": serve(READING),
  "npm start": serve(READING),
  "npm start -- --nodes 3": { ...serve(READING), nodes: 3 },
  "npm start -- --redis redis://localhost:6379": { ...serve(READING), broker: "redis" },
  "npm start -- --nats nats://localhost:4222": { ...serve(READING), broker: "nats" },
  "npm start -- --postgres postgres://postgres@localhost/postgres": { ...serve(READING), broker: "postgres" },
  ...withAndWithoutInstall("npm run example:channel-counts", serve("<title>")),
  ...withAndWithoutInstall("npm run example:chat-room", serve("<title>")),
  ...withAndWithoutInstall("npm run example:express", serve("<title>")),
  ...withAndWithoutInstall("npm run example:fastify", serve("<title>")),
  ...withAndWithoutInstall("npm run example:socket.io", serve("<title>")),

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
  "npm run simulate": ci("npm run simulate -- --seeds 2000"),
  "npm run simulate -- --replicate counts": ci("npm run simulate -- --seeds 500 --replicate counts"),
  "npm run simulate -- --seeds 2000": ci("npm run simulate -- --seeds 2000"),
  "npm run simulate -- --seeds N": ci("npm run simulate -- --seeds 2000"),
  "npm run simulate -- --seeds 500 --from 9": ci("npm run simulate -- --seeds 2000"),
  "npm run conformance -- FILE…": ci("npm run conformance -- test/conformance/*.jsonl.gz"),
  "npm run chaos -- --driver redis --minutes 10": ci(CHAOS),
  "npm run chaos -- --driver nats --replicate counts --seconds 60": ci(CHAOS),

  "npm run mutants": skipped(
    "takes more than an hour, because it runs a test for each planted bug; a test reads every patch",
  ),
  "npm run simulate -- --figures": skipped("simulates fifty nodes for minutes, for a table in the docs"),
  "docker compose -f examples/cluster/compose.yaml up --build": skipped(
    "needs Docker; a test checks that the commands of the file exist",
  ),
  "BROKER=nats docker compose -f examples/cluster/compose.yaml up --build": skipped(
    "needs Docker; a test checks that the commands of the file exist",
  ),
  "node server.js": skipped("runs a file of the reader"),
};

function serve(shows: string): CommandPlan & { readonly how: "serve" } {
  return { how: "serve", shows };
}

/** Its own page shows the command after `npm ci`; other pages show it alone. */
function withAndWithoutInstall(command: string, plan: CommandPlan): Record<string, CommandPlan> {
  return { [`npm ci && ${command}`]: plan, [command]: plan };
}

function ci(line: string): CommandPlan {
  return { how: "ci", line };
}

function skipped(because: string): CommandPlan {
  return { how: "skipped", because };
}
