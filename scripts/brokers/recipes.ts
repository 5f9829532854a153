import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Client } from "pg";
import type { BrokerRecipe } from "./broker-server.ts";

// How the brokers of Debian's packages are run: on a port of this machine only, keeping nothing on its disk for long.

const postgresBin = newestPostgres();
/** PostgreSQL refuses to be run by root. */
const postgresUser = process.getuid!() === 0 && existsSync(postgresBin) ? idsOf("postgres") : undefined;

export type BrokerName = "redis" | "nats" | "postgres" | "mosquitto";

export const brokerRecipes: Readonly<Record<BrokerName, BrokerRecipe>> = {
  redis: {
    binary: "/usr/bin/redis-server",
    args: (port) => ["--port", `${port}`, "--bind", "127.0.0.1", "--save", ""],
    probe: (port) => greet(port, "PING\r\n", "+PONG"),
  },

  nats: {
    binary: "/usr/sbin/nats-server",
    args: (port) => ["--port", `${port}`, "--addr", "127.0.0.1"],
    probe: (port) => greet(port, "", "INFO"),
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
    // It ends its clients too.
    stopSignal: "SIGINT",
  },

  mosquitto: {
    binary: "/usr/sbin/mosquitto",
    args: (port) => ["-p", `${port}`],
    probe: (port) => greet(port, "", ""),
  },
};

export function postgresUrl(port: number): string {
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

/** Without its broker a suite says so and is skipped; in CI that is a failure. */
export function isInstalled(name: BrokerName): boolean {
  const { binary } = brokerRecipes[name];
  if (existsSync(binary)) return true;
  const message = `${name} is not tested: there is no ${binary}`;
  if (process.env["CI"] === "true") throw new Error(message);
  process.stderr.write(`${message}\n`);
  return false;
}

/** Says something, and waits for an answer that starts as it should. */
function greet(port: number, words: string, answer: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(words);
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
  const all = "/usr/lib/postgresql";
  const versions = existsSync(all) ? readdirSync(all).sort((one, other) => Number(one) - Number(other)) : [];
  return join(all, versions.at(-1) ?? "none", "bin");
}

function idsOf(user: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
