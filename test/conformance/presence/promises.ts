import type { PresenceMessage } from "../../../src/presence/presence-message.ts";
import { canonicalJson } from "./canonical-json.ts";
import { DiffFollower } from "./diff-follower.ts";
import { asJson, type EmittedDiff, type PresenceReplay } from "./presence-replay.ts";

type Counts = { readonly [key: string]: { readonly count: number } };

/** What our presence promises, whatever the reference did. */
export async function brokenPromises(world: PresenceReplay, told: readonly EmittedDiff[]): Promise<string[]> {
  const broken = await Promise.all(world.topics.map((topic) => brokenIn(topic, world, told)));
  return [...world.errors.map((error) => `an error was told: ${error.message}`), ...broken.flat()];
}

async function brokenIn(
  topic: string,
  world: PresenceReplay,
  told: readonly EmittedDiff[],
): Promise<string[]> {
  const { presence, core } = world;
  const messages = world.sent
    .get(topic)!
    .map((message) => JSON.parse(String(message)) as PresenceMessage<object>);
  const list = asJson(await presence.list(topic));
  const raw = core.list(topic);
  const events = told.filter((diff) => diff.topic === topic).map(({ joins, leaves }) => ({ joins, leaves }));
  const sent = messages.slice(1).slice(messages.length - 1 - events.length);
  const sum = world.fetch === "count" ? countsOf(messages) : membersOf(messages);
  const listed = world.fetch === "count" ? list : metasOf(list);
  const keys = new Set(raw.map(([key]) => key));
  return [
    messages[0]?.event === "presence_state" ? [] : ["a subscriber was not sent a state first"],
    same(
      "a subscriber was sent other diffs than listeners",
      canonicalJson(sent.map(({ payload }) => payload)),
      canonicalJson(events),
    ),
    same("what a subscriber was sent does not add up to the list", canonicalJson(sum), canonicalJson(listed)),
    same("count is not that of the list", `${presence.count(topic)}`, `${raw.length}`),
    same("keyCount is not that of the list", `${presence.keyCount(topic)}`, `${keys.size}`),
    same("a ref is listed twice", `${new Set(raw.map(([, meta]) => meta.phx_ref)).size}`, `${raw.length}`),
  ].flat();
}

function membersOf([state, ...diffs]: PresenceMessage<object>[]): object {
  const members = new DiffFollower();
  if (state !== undefined) members.apply({ joins: state.payload, leaves: {} });
  for (const { payload } of diffs) members.apply(payload as { joins: object; leaves: object });
  return members.toObject();
}

function metasOf(list: object): object {
  return Object.fromEntries(
    Object.entries(list).map(([key, entry]) => [key, (entry as { metas: object[] }).metas]),
  );
}

function countsOf([state, ...diffs]: PresenceMessage<object>[]): object {
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
  return one === other ? [] : [`${what}: ${one}, and ${other}`];
}
