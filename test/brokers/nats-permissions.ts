import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { DriverSuiteContext } from "./driver-suite.ts";
import { startConfiguredNats } from "./support/configured-nats.ts";
import { collectLosses, fastTracker, waitForCount } from "./support/trackers.ts";

const ALL = '"rollcall.*"';
const NOTHING = '{ deny: ">" }';

/** Tests of a user who lacks a permission on the NATS server. */
export function natsPermissions(context: DriverSuiteContext): void {
  describe("as a user with few permissions", () => {
    const [guest, host] = ["guest", "host"].map((name) => ({ name, password: "secret" }));
    let nats: Awaited<ReturnType<typeof startConfiguredNats>>;

    const connect = (user = guest) => context.connect({ user: user! }, nats.server.port);

    beforeAll(async () => {
      nats = await startConfiguredNats(configWith({}));
    });

    afterAll(() => nats.server.remove());

    it("makes createTracker reject without the permission to subscribe", async () => {
      await nats.reconfigure(configWith({ subscribe: NOTHING }));
      const { pubsub } = await connect();
      await expect(fastTracker(pubsub)).rejects.toMatchObject({
        code: "TRANSPORT",
        message: expect.stringMatching(
          /^The NATS server did not subscribe to rollcall:.*Permissions Violation for Subscription/,
        ),
      });
    });

    it("reports a missing permission to publish, and shows the presences once it is granted", async () => {
      await nats.reconfigure(configWith({ publish: NOTHING }));
      const [tokyoConnection, parisConnection] = [await connect(), await connect(host)];
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
        message: expect.stringMatching(
          /could not publish: .*: Permissions Violation for Publish to "rollcall\./,
        ),
      });
      expect(paris.count("lobby")).toBe(1);
      await nats.reconfigure(configWith({}));
      await waitForCount(paris, 2);
      for (const tracker of [tokyo, paris]) await tracker.close();
    });

    it("recovers after the permission to subscribe was withdrawn for a while", async () => {
      await nats.reconfigure(configWith({}));
      const [tokyoConnection, parisConnection] = [await connect(), await connect(host)];
      const [tokyo, paris] = [
        await fastTracker(tokyoConnection.pubsub),
        await fastTracker(parisConnection.pubsub),
      ];
      const missed = collectLosses(tokyo);
      const errors: Error[] = [];
      tokyo.on("error", (error) => errors.push(error));
      paris.track("session 1", "lobby", "alice");
      await waitForCount(tokyo, 1);
      // The connection stays open but the subscriptions end, so the tracker misses its own messages.
      await nats.reconfigure(configWith({ subscribe: NOTHING }));
      paris.track("session 2", "lobby", "bob");
      await waitUntil(() => errors.some(({ message }) => message.includes("subscribe again")), "an error");
      expect(errors[0]).toMatchObject({ code: "TRANSPORT" });
      expect(tokyo.count("lobby")).toBe(1);
      await nats.reconfigure(configWith({}));
      await waitForCount(tokyo, 2);
      expect(missed).toEqual([]);
      for (const tracker of [tokyo, paris]) await tracker.close();
    });
  });
}

function configWith({ subscribe = ALL, publish = ALL }): string {
  return `authorization { users: [
    { user: host, password: secret }
    { user: guest, password: secret, permissions: { subscribe: ${subscribe}, publish: ${publish} } }
  ] }`;
}
