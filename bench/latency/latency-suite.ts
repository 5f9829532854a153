import type { Suite } from "../subject.ts";
import { joinToVisible } from "./join-to-visible.ts";
import { storm } from "./storm.ts";

/** The time from `track` in one process to the diff in others, over each driver. */
export const latency: Suite = {
  redis: joinToVisible("redis", 30),
  ioredis: joinToVisible("ioredis", 30),
  nats: joinToVisible("nats", 30),
  postgres: joinToVisible("postgres"),
  cluster: joinToVisible("cluster"),
  broadcastChannel: joinToVisible("broadcastChannel"),
  redisStorm: storm("redis"),
  natsStorm: storm("nats"),
  postgresStorm: storm("postgres"),
};
