import { expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { DriverSuiteContext } from "./driver-suite.ts";
import { redisCommand } from "./support/redis-command.ts";
import { collectLosses, fastTracker, waitForCount } from "./support/trackers.ts";
import { waitUntilDisconnected } from "./support/wait-for-delivery.ts";

/** What becomes of a user whom the access list of Redis does not allow all that is needed. */
export function redisPermissions(stage: DriverSuiteContext): void {
  const user = { name: "guest", password: "secret" };
  const allow = (rules: string) => redisCommand(stage.server, `ACL SETUSER guest on >secret ~* ${rules}`);

  it.for(["resetchannels &elsewhere:* +@all", "&rollcall:* +@all -subscribe"])(
    "starts no tracker that may not subscribe: %s",
    async (rules) => {
      await allow(rules);
      const { pubsub } = await stage.connect({ user });
      await expect(fastTracker(pubsub)).rejects.toMatchObject({
        code: "TRANSPORT",
        message: expect.stringMatching(/^The Redis server did not subscribe to rollcall:.*NOPERM/),
      });
    },
  );

  it("has a tracker that may not publish say so, and be seen once it may", async () => {
    await allow("resetchannels &rollcall:* +@all -publish");
    const [tokyos, parises] = [await stage.connect({ user }), await stage.connect()];
    const errors: Error[] = [];
    const tokyo = await fastTracker(tokyos.pubsub);
    tokyo.on("error", (error) => errors.push(error));
    const paris = await fastTracker(parises.pubsub);
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

  it("brings a tracker back that was not allowed to hear for a while", async () => {
    await allow("resetchannels &rollcall:* +@all");
    const [tokyos, parises] = [await stage.connect({ user }), await stage.connect()];
    const [tokyo, paris] = [await fastTracker(tokyos.pubsub), await fastTracker(parises.pubsub)];
    const missed = collectLosses(tokyo);
    tokyo.on("error", () => {});
    paris.track("session 1", "lobby", "alice");
    await waitForCount(tokyo, 1);
    await redisCommand(stage.server, "ACL LOG RESET");
    // Redis ends the connections of a user who is subscribed to what he may not hear any more.
    await Promise.all([waitUntilDisconnected(tokyos), allow("resetchannels")]);
    paris.track("session 2", "lobby", "bob");
    await waitUntil(
      async () => JSON.stringify(await redisCommand(stage.server, "ACL LOG")).includes("cmd=subscribe"),
      "it to be refused when it subscribes anew",
    );
    await allow("&rollcall:*");
    await waitForCount(tokyo, 2);
    expect(missed).toEqual([]);
    for (const tracker of [tokyo, paris]) await tracker.close();
  });
}
