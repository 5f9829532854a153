import type { BrokerClient } from "./broker-session.ts";

/** How the drivers for Redis prove that they hear what they publish. */
export const redisEcho: NonNullable<BrokerClient["echo"]> = {
  advice:
    "Connect the publisher and the subscriber to the same Redis server, or to the same cluster; a proxy in front of it " +
    "must support PUBLISH and SUBSCRIBE.",
  // The answer to a user without the permission for a command or a channel.
  isRefusal: (error) => error instanceof Error && /\bNOPERM\b/.test(error.message),
};
