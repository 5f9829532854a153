import type { Suite } from "../subject.ts";
import { joinToVisible } from "./join-to-visible.ts";
import { storm } from "./storm.ts";

/** The time from `track` in one process to the diff in others, over each driver. */
export const latency: Suite = {
  redis: joinToVisible("redis", { targetMs: 30 }),
  redisCounts: joinToVisible("redis", { targetMs: 30, replicated: "counts" }),
  ioredis: joinToVisible("ioredis", { targetMs: 30 }),
  nats: joinToVisible("nats", { targetMs: 30 }),
  postgres: joinToVisible("postgres"),
  cluster: joinToVisible("cluster"),
  broadcastChannel: joinToVisible("broadcastChannel"),
  redisStorm: storm("redis"),
  natsStorm: storm("nats"),
  postgresStorm: storm("postgres"),
};
