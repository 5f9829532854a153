import { expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { DriverSuiteContext } from "./driver-suite.ts";
import { redisCommand } from "./support/redis-command.ts";
import { collectLosses, fastTracker, waitForCount } from "./support/trackers.ts";
import { waitUntilDisconnected } from "./support/wait-for-delivery.ts";

/** Tests of a user who lacks a permission in the access control list of Redis. */
export function redisPermissions(context: DriverSuiteContext): void {
  const user = { name: "guest", password: "secret" };
  const allow = (rules: string) => redisCommand(context.server, `ACL SETUSER guest on >secret ~* ${rules}`);

  it.for(["resetchannels &elsewhere:* +@all", "&rollcall:* +@all -subscribe"])(
    "makes createTracker reject without the permission to subscribe: %s",
    async (rules) => {
      await allow(rules);
      const { pubsub } = await context.connect({ user });
      await expect(fastTracker(pubsub)).rejects.toMatchObject({
        code: "TRANSPORT",
        message: expect.stringMatching(/^The Redis server did not subscribe to rollcall:.*NOPERM/),
      });
    },
  );

  it("reports a missing permission to publish, and shows the presences once it is granted", async () => {
    await allow("resetchannels &rollcall:* +@all -publish");
    const [tokyoConnection, parisConnection] = [await context.connect({ user }), await context.connect()];
    const errors: Error[] = [];
    const tokyo = await fastTracker(tokyoConnection.pubsub);
    tokyo.on("error", (error) => errors.push(error));
    const paris = await fastTracker(parisConnection.pubsub);
    tokyo.track("session 1", "lobby", "alice");
    paris.track("session 2", "lobby", "bob");
    await waitForCount(tokyo, 2);
    await waitUntil(() => errors.length > 0, "the error");
    expect(errors[0]).toMatchObject({
      code: "TRANSPORT",
      message: expect.stringMatching(/could not publish: .* did not accept a message: NOPERM/),
    });
    expect(paris.count("lobby")).toBe(1);
    await allow("+publish");
    await waitForCount(paris, 2);
    for (const tracker of [tokyo, paris]) await tracker.close();
  });

  it("recovers after the permission to subscribe was withdrawn for a while", async () => {
    await allow("resetchannels &rollcall:* +@all");
    const [tokyoConnection, parisConnection] = [await context.connect({ user }), await context.connect()];
    const [tokyo, paris] = [
      await fastTracker(tokyoConnection.pubsub),
      await fastTracker(parisConnection.pubsub),
    ];
    const missed = collectLosses(tokyo);
    tokyo.on("error", () => {});
    paris.track("session 1", "lobby", "alice");
    await waitForCount(tokyo, 1);
    await redisCommand(context.server, "ACL LOG RESET");
    // Redis closes the connections of a user who loses the permission for a subscribed channel.
    await Promise.all([waitUntilDisconnected(tokyoConnection), allow("resetchannels")]);
    paris.track("session 2", "lobby", "bob");
    await waitUntil(
      async () => JSON.stringify(await redisCommand(context.server, "ACL LOG")).includes("cmd=subscribe"),
      "a refused attempt to subscribe again",
    );
    await allow("&rollcall:*");
    await waitForCount(tokyo, 2);
    expect(missed).toEqual([]);
    for (const tracker of [tokyo, paris]) await tracker.close();
  });
}
