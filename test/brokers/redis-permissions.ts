import { expect, it } from "vitest";
import { until } from "../../scripts/wait-until.ts";
import type { Stage } from "./driver-suite.ts";
import { sayToRedis } from "./support/redis-command.ts";
import { counts, gone, quickTracker } from "./support/trackers.ts";
import { lost } from "./support/wait-for-delivery.ts";

/** What becomes of a user whom the access list of Redis does not allow all that is needed. */
export function redisPermissions(stage: Stage): void {
  const user = { name: "guest", password: "secret" };
  const allow = (rules: string) => sayToRedis(stage.server, `ACL SETUSER guest on >secret ~* ${rules}`);

  it.for(["resetchannels &elsewhere:* +@all", "&rollcall:* +@all -subscribe"])(
    "starts no tracker that may not subscribe: %s",
    async (rules) => {
      await allow(rules);
      const { pubsub } = await stage.connect({ user });
      await expect(quickTracker(pubsub)).rejects.toMatchObject({
        code: "TRANSPORT",
        message: expect.stringMatching(/^The Redis server did not subscribe us to rollcall:.*NOPERM/),
      });
    },
  );

  it("has a tracker that may not publish say so, and be seen once it may", async () => {
    await allow("resetchannels &rollcall:* +@all -publish");
    const [tokyos, parises] = [await stage.connect({ user }), await stage.connect()];
    const errors: Error[] = [];
    const tokyo = await quickTracker(tokyos.pubsub);
    tokyo.on("error", (error) => errors.push(error));
    const paris = await quickTracker(parises.pubsub);
    tokyo.track("session 1", "lobby", "alice");
    paris.track("session 2", "lobby", "bob");
    await counts(tokyo, 2);
    await until(() => errors.length > 0, "the error");
    expect(errors[0]).toMatchObject({
      code: "TRANSPORT",
      message: expect.stringMatching(/could not publish: .* did not take a message: NOPERM/),
    });
    expect(paris.count("lobby")).toBe(1);
    await allow("+publish");
    await counts(paris, 2);
    for (const tracker of [tokyo, paris]) await tracker.close();
  });

  it("brings a tracker back that was not allowed to hear for a while", async () => {
    await allow("resetchannels &rollcall:* +@all");
    const [tokyos, parises] = [await stage.connect({ user }), await stage.connect()];
    const [tokyo, paris] = [await quickTracker(tokyos.pubsub), await quickTracker(parises.pubsub)];
    const missed = gone(tokyo);
    tokyo.on("error", () => {});
    paris.track("session 1", "lobby", "alice");
    await counts(tokyo, 1);
    await sayToRedis(stage.server, "ACL LOG RESET");
    // Redis ends the connections of a user who is subscribed to what he may not hear any more.
    await Promise.all([lost(tokyos), allow("resetchannels")]);
    paris.track("session 2", "lobby", "bob");
    await until(
      async () => JSON.stringify(await sayToRedis(stage.server, "ACL LOG")).includes("cmd=subscribe"),
      "it to be refused when it subscribes anew",
    );
    await allow("&rollcall:*");
    await counts(tokyo, 2);
    expect(missed).toEqual([]);
    for (const tracker of [tokyo, paris]) await tracker.close();
  });
}
