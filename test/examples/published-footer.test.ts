import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { accounts } from "../../examples/channel-counts/browser/accounts.ts";
import { readSettings as readFilmSettings } from "../../examples/channel-counts/channel-counts-settings.ts";
import { films, topicOf } from "../../examples/channel-counts/films.ts";
import { startServer } from "../../examples/channel-counts/server.ts";
import { userIdOf } from "../../examples/channel-counts/sessions.ts";
import { readSettings } from "../../examples/live-readers/live-readers-settings.ts";
import { startNode } from "../../examples/live-readers/start-node.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { officialSocket } from "../phoenix/official-client.ts";
import { PublishedMessages } from "./published-messages.ts";

it("the footer of the blog says how many messages and bytes left the process, and they hold only numbers", async () => {
  const published = new PublishedMessages();
  const node = await startNode(published.pubsub, readSettings(["--port", "0", "--leave-delay", "0"]), 1);
  onTestFinished(() => node.close());
  const footers: string[] = [];
  const read = () =>
    new WebSocket(`ws://localhost:${node.port}/live/articles/moss`, {
      headers: { cookie: "session=alice-s-session", "user-agent": "alice-s-browser" },
    });
  const says = (readers: number) => `(article:moss readers ${readers}), and no owner, meta or ref.`;

  read().on("message", (text) => {
    const { published } = JSON.parse(String(text));
    if (published) footers.push(published);
  });
  await waitUntil(() => footers.some((footer) => footer.endsWith(says(1))), "one reader in the footer");
  const second = read();
  await waitUntil(() => footers.some((footer) => footer.endsWith(says(2))), "two readers in the footer");
  second.close();
  await waitUntil(() => footers.at(-1)!.endsWith(says(1)), "one reader in the footer again");

  await expectTrueAndGrowing(published, footers);
  const html = await (await fetch(`http://localhost:${node.port}/articles/moss`)).text();
  expect(published.bytesNamedBy(html)).toBeGreaterThan(0);
  expect(published.includes("article:moss")).toBe(true);
  for (const secret of ["alice-s-session", "alice-s-browser"]) expect(published.includes(secret)).toBe(false);
});

it("the footer of the film pages says how many messages and bytes left the process, and they hold only numbers", async () => {
  const published = new PublishedMessages();
  const settings = readFilmSettings(["--port", "0", "--leave-delay", "0"]);
  const server = await startServer(settings, { pubsub: published.pubsub });
  onTestFinished(() => server.close());
  const topic = topicOf(films[0]!);
  const footers: string[] = [];
  const watch = (params: object) => {
    const channel = officialSocket(server.port, params).channel(topic);
    channel.join();
    return channel;
  };
  const says = (users: number, viewers: number) =>
    `(${topic} users ${users}, viewers ${viewers}), and no owner, meta or ref.`;

  watch({}).on("published", ({ text }) => void footers.push(text));
  await waitUntil(() => footers.some((footer) => footer.endsWith(says(0, 1))), "one viewer in the footer");
  for (const { token } of accounts) watch({ token });
  await waitUntil(() => footers.some((footer) => footer.endsWith(says(4, 1))), "four users in the footer");

  await expectTrueAndGrowing(published, footers);
  expect(published.includes(topic)).toBe(true);
  const secrets = accounts.flatMap(({ name, token }) => [name, token, userIdOf(token)!]);
  expect([...secrets, "userId"].filter((secret) => published.includes(secret))).toEqual([]);
});

/** Each footer names what had been published at a moment, later ones more; and all of that is numbers. */
async function expectTrueAndGrowing(published: PublishedMessages, footers: readonly string[]): Promise<void> {
  const before = footers.length;
  await waitUntil(() => new Set(footers.slice(before)).size > 1, "the next heartbeat in the footer");
  const bytes = footers.map((footer) => published.bytesNamedBy(footer));
  expect(bytes).not.toContain(undefined);
  expect(bytes).toEqual(bytes.toSorted((one, other) => one! - other!));
  expect(bytes.at(-1)).toBeGreaterThan(bytes[0]!);
  expect(new Set(published.modes)).toEqual(new Set(["counts"]));
}
