import { Socket } from "phoenix";
import { expect, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { waitUntil } from "../../scripts/wait-until.ts";
import { joinAsMember, type OfficialMember } from "./official-member.ts";

/** The official client in one channel, in this process. */
export interface Member extends OfficialMember {
  /** Waits until exactly these keys are present, and fails if the two presences have disagreed. */
  sees(...keys: string[]): Promise<void>;
}

/** Opens a socket of the official client. It closes when the test ends. */
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

/** Joins a topic with the official client. */
export function join(socket: Socket, topic: string, params: object = {}): Member {
  const member = joinAsMember(socket, topic, params);
  return Object.assign(member, {
    async sees(...keys: string[]) {
      await waitUntil(
        () =>
          !member.presence.inPendingSyncState() && String(member.keys().sort()) === String([...keys].sort()),
        () => `${keys} in ${topic}; present are ${member.keys()}`,
      );
      expect(member.disagreements).toEqual([]);
    },
  });
}
