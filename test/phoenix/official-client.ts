import assert from "node:assert/strict";
import { type Channel, Presence, Socket } from "phoenix";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { PresenceClient, type PresenceState } from "../../src/client/index.ts";
import { until } from "../examples/until.ts";

/** The official client in one channel, with its own `Presence` and ours on it, which have to agree at every step. */
export interface Member {
  readonly socket: Socket;
  readonly channel: Channel;
  readonly presence: PresenceClient;
  /** What the channel's join came to, each time. */
  readonly joins: unknown[];
  /** The join and leave calls of both presences, which were the same. */
  readonly calls: string[];
  /** How often the two were compared. */
  compared: number;
  /** Who is there, one for each meta. */
  here(): string[];
  /** Waits until exactly these are, and throws where the two presences have disagreed. */
  sees(...keys: string[]): Promise<void>;
}

/** Opens an official socket; it ends with the test. */
export function officialSocket(port: number, params: object = {}): Socket {
  const socket = new Socket(`ws://localhost:${port}/socket`, {
    params,
    transport: WebSocket as never,
    reconnectAfterMs: () => 10,
    rejoinAfterMs: () => 10,
  });
  onTestFinished(() => socket.disconnect());
  socket.connect();
  return socket;
}

/** Joins a topic as the official client does. */
export function join(socket: Socket, topic: string, params: object = {}): Member {
  const channel = socket.channel(topic, params);
  const [theirs, ours]: [string[], string[]] = [[], []];
  const disagreements: unknown[] = [];
  const official = new Presence(channel);
  const presence = new PresenceClient(channel);
  for (const [one, calls] of [[official, theirs] as const, [presence, ours] as const]) {
    one.onJoin(
      (key, current, joined) => void calls.push(JSON.stringify(["join", key, current ?? null, joined])),
    );
    one.onLeave((key, current, left) => void calls.push(JSON.stringify(["leave", key, current, left])));
    one.onSync(() => void calls.push("sync"));
  }
  const member: Member = {
    ...{ socket, channel, presence, joins: [], calls: ours, compared: 0 },
    here: () => Object.entries(presence.state).flatMap(([key, { metas }]) => metas.map(() => key)),
    async sees(...keys) {
      await until(
        () => !presence.inPendingSyncState() && String(member.here().sort()) === String([...keys].sort()),
        () => `${keys} in ${topic}; there are ${member.here()}`,
      );
      // Thrown where they were found, nobody would catch them.
      if (disagreements.length > 0) throw disagreements[0];
    },
  };
  for (const event of ["presence_state", "presence_diff"]) {
    channel.on(event, () => {
      try {
        assert.deepEqual(ours, theirs);
        assert.deepEqual(
          plain(presence.state),
          plain((official as unknown as { state: PresenceState }).state),
        );
        assert.deepEqual(plain(presence.list()), plain(official.list()));
        member.compared++;
      } catch (error) {
        disagreements.push(error);
      }
    });
  }
  channel
    .join()
    .receive("ok", (response) => member.joins.push(response))
    .receive("error", (response) => member.joins.push(response));
  return member;
}

/** What a push is answered with. */
export function answered(channel: Channel, event: string, payload: object = {}): Promise<[string, unknown]> {
  return new Promise((resolve) => {
    const push = channel.push(event, payload, 30_000);
    for (const status of ["ok", "error", "timeout"] as const) {
      push.receive(status, (response) => resolve([status, response]));
    }
  });
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
