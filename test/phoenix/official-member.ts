import { type Channel, Presence, type Socket } from "phoenix";
import { PresenceClient, type PresenceState } from "../../src/client/index.ts";

/** The official client in one channel, with its own `Presence` and ours. Both must agree at every step. */
export interface OfficialMember {
  readonly socket: Socket;
  readonly channel: Channel;
  readonly presence: PresenceClient;
  /** The responses to the joins of the channel. */
  readonly joins: unknown[];
  /** The callbacks of our presence, in order. */
  readonly calls: string[];
  /** How often both presences were equal. */
  compared: number;
  /** The differences between both presences. An error that is thrown in a callback would be lost. */
  readonly disagreements: string[];
  /** The key of each meta that our presence has. */
  keys(): string[];
}

/** Joins a topic with the official client. It runs in a browser too. */
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
    keys: () => Object.entries(presence.state).flatMap(([key, { metas }]) => metas.map(() => key)),
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

/** Pushes an event, and returns the status and the response of the reply. */
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
