import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Client } from "pg";
import type { BrokerRecipe } from "./broker-server.ts";

// How to run the brokers from Debian's packages: on a local port, without lasting data.

const postgresBin = newestPostgres();
/** PostgreSQL refuses to run as root. */
const postgresUser = process.getuid!() === 0 && existsSync(postgresBin) ? idsOf("postgres") : undefined;

export type BrokerName = "redis" | "nats" | "postgres" | "mosquitto";

export const brokerRecipes: Readonly<Record<BrokerName, BrokerRecipe>> = {
  redis: {
    binary: "/usr/bin/redis-server",
    args: (port) => ["--port", `${port}`, "--bind", "127.0.0.1", "--save", ""],
    probe: (port) => probeTcp(port, "PING\r\n", "+PONG"),
  },

  nats: {
    binary: "/usr/sbin/nats-server",
    args: (port) => ["--port", `${port}`, "--addr", "127.0.0.1"],
    probe: (port) => probeTcp(port, "", "INFO"),
  },

  postgres: {
    binary: join(postgresBin, "postgres"),
    args: (port, folder) => [
      ...["-D", join(folder, "data"), "-p", `${port}`, "-c", "listen_addresses=127.0.0.1"],
      ...["-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "autovacuum=off"],
    ],
    async probe(port) {
      const client = new Client(postgresUrl(port));
      client.on("error", () => {});
      await client.connect();
      await client.end();
    },
    prepare(folder) {
      const data = join(folder, "data");
      mkdirSync(data, { mode: 0o700 });
      for (const path of postgresUser ? [folder, data] : [])
        chownSync(path, postgresUser!.uid, postgresUser!.gid);
      const options = ["-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--no-locale"];
      execFileSync(join(postgresBin, "initdb"), options, { cwd: folder, stdio: "ignore", ...postgresUser });
    },
    spawnOptions: postgresUser ?? {},
    // The signal for a fast shutdown, which disconnects clients.
    stopSignal: "SIGINT",
  },

  mosquitto: {
    binary: "/usr/sbin/mosquitto",
    args: (port) => ["-p", `${port}`],
    probe: (port) => probeTcp(port, "", ""),
  },
};

/** The binary of PgBouncer, which needs a PostgreSQL server behind it. */
const PGBOUNCER = "/usr/sbin/pgbouncer";

/** How to run PgBouncer in front of a PostgreSQL server. */
export function pgBouncerRecipe(
  postgresPort: number,
  poolMode: "session" | "transaction" | "statement",
): BrokerRecipe {
  return {
    binary: PGBOUNCER,
    args: (_, folder) => [join(folder, "pgbouncer.ini")],
    probe: brokerRecipes.postgres.probe,
    prepare(folder, port) {
      const config = [
        "[databases]",
        `* = host=127.0.0.1 port=${postgresPort} user=postgres`,
        "[pgbouncer]",
        `listen_addr = 127.0.0.1`,
        `listen_port = ${port}`,
        "unix_socket_dir =",
        "auth_type = any",
        `pool_mode = ${poolMode}`,
        "ignore_startup_parameters = extra_float_digits",
      ];
      const path = join(folder, "pgbouncer.ini");
      writeFileSync(path, config.join("\n"));
      for (const each of postgresUser ? [folder, path] : [])
        chownSync(each, postgresUser!.uid, postgresUser!.gid);
    },
    // It refuses to run as root too.
    spawnOptions: postgresUser ?? {},
    // The signal to shut down at once.
    stopSignal: "SIGTERM",
  };
}

/** Whether PostgreSQL and PgBouncer are installed. See `isInstalled`. */
export function isPgBouncerInstalled(): boolean {
  return isBinaryInstalled("pgbouncer", PGBOUNCER) && isInstalled("postgres");
}

export function postgresUrl(port: number): string {
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

/** Whether a broker is installed. A suite without its broker prints a message and is skipped; in CI it fails. */
export function isInstalled(name: BrokerName): boolean {
  return isBinaryInstalled(name, brokerRecipes[name].binary);
}

function isBinaryInstalled(name: string, binary: string): boolean {
  if (existsSync(binary)) return true;
  const message = `${name} is not tested: ${binary} is not installed`;
  if (process.env["CI"] === "true") throw new Error(message);
  process.stderr.write(`${message}\n`);
  return false;
}

/**
 * Connects, sends `request`, and rejects unless the answer starts with `answer`. An empty `answer` waits for no
 * data.
 */
function probeTcp(port: number, request: string, answer: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(request);
      if (answer === "") finish();
    });
    const finish = (error?: Error) => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.on("error", finish);
    socket.on("close", () => finish(new Error("closed")));
    socket.on("data", (chunk) => finish(`${chunk}`.startsWith(answer) ? undefined : new Error(`${chunk}`)));
  });
}

function newestPostgres(): string {
  const folder = "/usr/lib/postgresql";
  const versions = existsSync(folder)
    ? readdirSync(folder).sort((one, other) => Number(one) - Number(other))
    : [];
  return join(folder, versions.at(-1) ?? "none", "bin");
}

function idsOf(user: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
