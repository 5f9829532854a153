import type { PresenceMessage } from "../../../src/presence/presence-message.ts";
import { canonicalJson } from "./canonical-json.ts";
import { DiffFollower } from "./diff-follower.ts";
import { asJson, type EmittedDiff, type PresenceReplay } from "./presence-replay.ts";

type Counts = { readonly [key: string]: { readonly count: number } };

/** The promises of our own that the presence breaks. They must hold in every trace. */
export async function brokenPromises(
  replay: PresenceReplay,
  emitted: readonly EmittedDiff[],
): Promise<string[]> {
  const broken = await Promise.all(replay.topics.map((topic) => brokenInTopic(topic, replay, emitted)));
  return [
    ...replay.errors.map((error) => `the presence emitted an error: ${error.message}`),
    ...broken.flat(),
  ];
}

async function brokenInTopic(
  topic: string,
  replay: PresenceReplay,
  emitted: readonly EmittedDiff[],
): Promise<string[]> {
  const { presence, core } = replay;
  const messages = replay.sent
    .get(topic)!
    .map((message) => JSON.parse(String(message)) as PresenceMessage<object>);
  const list = asJson(await presence.list(topic));
  const raw = core.list(topic);
  const events = emitted
    .filter((diff) => diff.topic === topic)
    .map(({ joins, leaves }) => ({ joins, leaves }));
  const sent = messages.slice(1).slice(messages.length - 1 - events.length);
  const replayed = replay.fetch === "count" ? countsAfter(messages) : metasAfter(messages);
  const listed = replay.fetch === "count" ? list : metasOf(list);
  const keys = new Set(raw.map(([key]) => key));
  return [
    messages[0]?.event === "presence_state" ? [] : ["the first message of a subscriber is not a state"],
    same(
      "subscribers and listeners received different diffs",
      canonicalJson(sent.map(({ payload }) => payload)),
      canonicalJson(events),
    ),
    same(
      "the messages of a subscriber do not add up to the list",
      canonicalJson(replayed),
      canonicalJson(listed),
    ),
    same("count differs from the list", `${presence.count(topic)}`, `${raw.length}`),
    same("keyCount differs from the list", `${presence.keyCount(topic)}`, `${keys.size}`),
    same("a ref is listed twice", `${new Set(raw.map(([, meta]) => meta.phx_ref)).size}`, `${raw.length}`),
  ].flat();
}

function metasAfter([state, ...diffs]: PresenceMessage<object>[]): object {
  const follower = new DiffFollower();
  if (state !== undefined) follower.apply({ joins: state.payload, leaves: {} });
  for (const { payload } of diffs) follower.apply(payload as { joins: object; leaves: object });
  return follower.toObject();
}

function metasOf(list: object): object {
  return Object.fromEntries(
    Object.entries(list).map(([key, entry]) => [key, (entry as { metas: object[] }).metas]),
  );
}

function countsAfter([state, ...diffs]: PresenceMessage<object>[]): object {
  const sums = new Map(
    Object.entries((state?.payload ?? {}) as Counts).map(([key, { count }]) => [key, count]),
  );
  for (const { payload } of diffs) {
    const { joins, leaves } = payload as { joins: Counts; leaves: Counts };
    for (const [key, sum] of sums) sums.set(key, sum + joins[key]!.count - leaves[key]!.count);
  }
  return Object.fromEntries(Array.from(sums, ([key, count]) => [key, { count }]));
}

function same(what: string, one: string, other: string): string[] {
  return one === other ? [] : [`${what}: ${one} and ${other}`];
}
