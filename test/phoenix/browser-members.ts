import { LongPoll, Socket } from "phoenix";
import { joinAsMember, type OfficialMember, pushAndWait } from "./official-member.ts";

/** The members of rooms in this page, by the names that the test gives them. */
const members = new Map<string, OfficialMember>();
const errors = new Map<Socket, number>();
const received = new Map<string, number[][]>();

/** The state of a member. */
export interface MemberReport {
  readonly keys: readonly string[];
  readonly statuses: readonly unknown[];
  readonly joins: readonly unknown[];
  readonly disagreements: readonly string[];
  readonly compared: number;
  readonly isConnected: boolean;
  readonly isPolling: boolean;
  /** How often its socket had an error. */
  readonly errors: number;
  readonly received: readonly (readonly number[])[];
}

/** How a member connects, if not with a WebSocket to the server of the page. */
export interface HowToConnect {
  readonly url?: string;
  readonly longPoll?: boolean;
  readonly longPollFallbackMs?: number;
}

/** The functions that the test calls in the page. */
export interface MembersPage {
  join(name: string, user: string | undefined, topic: string, how?: HowToConnect): void;
  /** Joins on the socket of another member. */
  joinAgain(name: string, other: string, topic: string): void;
  look(name: string): MemberReport;
  push(name: string, event: string, payload: object): Promise<[status: string, response: unknown]>;
  pushBytes(name: string, event: string, bytes: number[]): Promise<[status: string, response: number[]]>;
  /** Does not wait for a reply. */
  pushWithoutReply(name: string, event: string, bytes?: number[]): void;
  leave(name: string): void;
}

const page: MembersPage = {
  join(name, user, topic, { url = "/socket", longPoll = false, longPollFallbackMs } = {}) {
    const params = user === undefined ? {} : { user };
    const socket = new Socket(url, {
      ...{ params, reconnectAfterMs: () => 10, rejoinAfterMs: () => 10 },
      ...(longPoll && { transport: LongPoll as never }),
      ...(longPollFallbackMs !== undefined && { longPollFallbackMs }),
    });
    errors.set(socket, 0);
    socket.onError(() => void errors.set(socket, errors.get(socket)! + 1));
    socket.connect();
    joinOn(socket, name, topic);
  },
  joinAgain: (name, other, topic) => joinOn(memberOf(other).socket, name, topic),
  look(name) {
    const { presence, joins, disagreements, compared, socket } = memberOf(name);
    const keys = presence.inPendingSyncState() ? [] : memberOf(name).keys().sort();
    const statuses = Object.values(presence.state).flatMap(({ metas }) =>
      metas.map((meta) => meta["status"]),
    );
    const isConnected = socket.isConnected();
    const isPolling = (socket as unknown as { conn: unknown }).conn instanceof (LongPoll as never);
    const bytes = received.get(name)!;
    return {
      ...{ keys, statuses, joins, disagreements, compared, isConnected, isPolling, received: bytes },
      errors: errors.get(socket)!,
    };
  },
  push: (name, event, payload) => pushAndWait(memberOf(name).channel, event, payload),
  async pushBytes(name, event, bytes) {
    const [status, response] = await pushAndWait(memberOf(name).channel, event, new Uint8Array(bytes).buffer);
    return [status, [...new Uint8Array(response as ArrayBuffer)]];
  },
  pushWithoutReply(name, event, bytes) {
    memberOf(name).channel.push(event, bytes === undefined ? {} : new Uint8Array(bytes).buffer);
  },
  leave: (name) => void memberOf(name).channel.leave(),
};

function joinOn(socket: Socket, name: string, topic: string): void {
  const member = joinAsMember(socket, topic);
  const bytes: number[][] = [];
  member.channel.on("shouted", (payload) => void bytes.push([...new Uint8Array(payload)]));
  members.set(name, member);
  received.set(name, bytes);
}

function memberOf(name: string): OfficialMember {
  return members.get(name)!;
}

(globalThis as unknown as { rooms: MembersPage }).rooms = page;
