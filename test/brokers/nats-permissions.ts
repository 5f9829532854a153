import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { DriverSuiteContext } from "./driver-suite.ts";
import { startConfiguredNats } from "./support/configured-nats.ts";
import { collectLosses, fastTracker, waitForCount } from "./support/trackers.ts";

const ALL = '"rollcall.*"';
const NOTHING = '{ deny: ">" }';

/** What becomes of a user to whom the server of NATS does not permit all that is needed. */
export function natsPermissions(stage: DriverSuiteContext): void {
  describe("as a guest", () => {
    const [guest, host] = ["guest", "host"].map((name) => ({ name, password: "secret" }));
    let nats: Awaited<ReturnType<typeof startConfiguredNats>>;

    const connect = (user = guest) => stage.connect({ user: user! }, nats.server.port);

    beforeAll(async () => {
      nats = await startConfiguredNats(permitting({}));
    });

    afterAll(() => nats.server.remove());

    it("starts no tracker that may not subscribe", async () => {
      await nats.reconfigure(permitting({ subscribe: NOTHING }));
      const { pubsub } = await connect();
      await expect(fastTracker(pubsub)).rejects.toMatchObject({
        code: "TRANSPORT",
        message: expect.stringMatching(
          /^The NATS server did not subscribe to rollcall:.*Permissions Violation for Subscription/,
        ),
      });
    });

    it("has a tracker that may not publish say so, and be seen once it may", async () => {
      await nats.reconfigure(permitting({ publish: NOTHING }));
      const [tokyos, parises] = [await connect(), await connect(host)];
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
        message: expect.stringMatching(
          /could not publish: .*: Permissions Violation for Publish to "rollcall\./,
        ),
      });
      expect(paris.count("lobby")).toBe(1);
      await nats.reconfigure(permitting({}));
      await waitForCount(paris, 2);
      for (const tracker of [tokyo, paris]) await tracker.close();
    });

    it("brings a tracker back that was not allowed to hear for a while", async () => {
      await nats.reconfigure(permitting({}));
      const [tokyos, parises] = [await connect(), await connect(host)];
      const [tokyo, paris] = [await fastTracker(tokyos.pubsub), await fastTracker(parises.pubsub)];
      const missed = collectLosses(tokyo);
      const errors: Error[] = [];
      tokyo.on("error", (error) => errors.push(error));
      paris.track("session 1", "lobby", "alice");
      await waitForCount(tokyo, 1);
      // The connection stays open, and the subscriptions end: it hears that it does not hear itself.
      await nats.reconfigure(permitting({ subscribe: NOTHING }));
      paris.track("session 2", "lobby", "bob");
      await waitUntil(() => errors.some(({ message }) => message.includes("subscribe again")), "an error");
      expect(errors[0]).toMatchObject({ code: "TRANSPORT" });
      expect(tokyo.count("lobby")).toBe(1);
      await nats.reconfigure(permitting({}));
      await waitForCount(tokyo, 2);
      expect(missed).toEqual([]);
      for (const tracker of [tokyo, paris]) await tracker.close();
    });
  });
}

function permitting({ subscribe = ALL, publish = ALL }): string {
  return `authorization { users: [
    { user: host, password: secret }
    { user: guest, password: secret, permissions: { subscribe: ${subscribe}, publish: ${publish} } }
  ] }`;
}
