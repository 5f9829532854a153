import { afterAll, beforeAll, expect, it } from "vitest";
import { accounts } from "../../examples/channel-counts/browser/accounts.ts";
import { readSettings } from "../../examples/channel-counts/channel-counts-settings.ts";
import { films, topicOf } from "../../examples/channel-counts/films.ts";
import { type ChannelCountsServer, startServer } from "../../examples/channel-counts/server.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { createCountStore } from "../../src/client/count-store.ts";
import { officialSocket } from "../phoenix/official-client.ts";

let server: ChannelCountsServer;

// A delayed leave takes longer than any of these tests.
beforeAll(async () => {
  server = await startServer(readSettings(["--port", "0", "--leave-delay", "60000"]));
});

afterAll(() => server.close());

/** Watches a film as the page does. `params` are the params of the socket. */
function watch(film: number, params: object = {}) {
  const channel = officialSocket(server.port, params).channel(topicOf(films[film]!));
  const counts = createCountStore<"users" | "viewers">(channel);
  channel.join();
  const shown = () => {
    const { users, viewers } = counts.getSnapshot() ?? {};
    return `${users?.count} users, ${viewers?.count} viewers`;
  };
  return {
    channel,
    shows: (text: string) =>
      waitUntil(
        () => shown() === text,
        () => `${text}; it shows ${shown()}`,
      ),
  };
}

it("removes a client that leaves the channel at once, so that a user who logs in or out is not counted twice", async () => {
  const alice = watch(0);
  const bob = watch(0, { token: accounts[0]!.token });
  await alice.shows("1 users, 1 viewers");
  bob.channel.leave();
  await alice.shows("0 users, 1 viewers");
});

it("counts a client with an invalid token as a viewer", async () => {
  await watch(1, { token: "made-up" }).shows("0 users, 1 viewers");
});

it("refuses to join the channel of a film that does not exist", async () => {
  const channel = officialSocket(server.port).channel("film:no-such-film");
  const refusal = new Promise((resolve) => channel.join().receive("error", resolve));
  expect(await refusal).toEqual({ reason: "no such film" });
});
