import { type Channel, Presence, type Socket } from "phoenix";
import { PresenceClient, type PresenceState } from "../../src/client/index.ts";

/** The official client in one channel, with its own `Presence` and ours on it, which have to agree at every step. */
export interface OfficialMember {
  readonly socket: Socket;
  readonly channel: Channel;
  readonly presence: PresenceClient;
  /** What the channel's join came to, each time. */
  readonly joins: unknown[];
  /** The join and leave calls of both presences, where they were the same. */
  readonly calls: string[];
  /** How often the two were compared. */
  compared: number;
  /** Where they were not the same: thrown where it was found, nobody would catch it. */
  readonly disagreements: string[];
  /** Who is there, one for each meta. */
  here(): string[];
}

/** Joins a topic as the official client does. It runs in a browser too. */
export function joinAsMember(socket: Socket, topic: string, params: object = {}): OfficialMember {
  const channel = socket.channel(topic, params);
  const [theirs, ours]: [string[], string[]] = [[], []];
  const official = new Presence(channel);
  const presence = new PresenceClient(channel);
  for (const [one, calls] of [[official, theirs] as const, [presence, ours] as const]) {
    one.onJoin(
      (key, current, joined) => void calls.push(JSON.stringify(["join", key, current ?? null, joined])),
    );
    one.onLeave((key, current, left) => void calls.push(JSON.stringify(["leave", key, current, left])));
    one.onSync(() => void calls.push("sync"));
  }
  const member: OfficialMember = {
    ...{ socket, channel, presence, joins: [], calls: ours, compared: 0, disagreements: [] },
    here: () => Object.entries(presence.state).flatMap(([key, { metas }]) => metas.map(() => key)),
  };
  for (const event of ["presence_state", "presence_diff"]) {
    channel.on(event, () => {
      const { state } = official as unknown as { state: PresenceState };
      const expected = JSON.stringify([theirs, state, official.list()]);
      const given = JSON.stringify([ours, presence.state, presence.list()]);
      if (given === expected) member.compared++;
      else member.disagreements.push(`official: ${expected}; ours: ${given}`);
    });
  }
  channel
    .join()
    .receive("ok", (response) => member.joins.push(response))
    .receive("error", (response) => member.joins.push(response));
  return member;
}

/** What a push is answered with. */
export function pushAndWait(
  channel: Channel,
  event: string,
  payload: object = {},
): Promise<[string, unknown]> {
  return new Promise((resolve) => {
    const push = channel.push(event, payload, 30_000);
    for (const status of ["ok", "error", "timeout"] as const) {
      push.receive(status, (response) => resolve([status, response]));
    }
  });
}
