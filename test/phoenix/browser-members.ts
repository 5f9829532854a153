import { Socket } from "phoenix";
import { joinAsMember, type OfficialMember, pushAndWait } from "./official-member.ts";

/** What a page has: members of rooms, by the names that the test gives them. */
const members = new Map<string, OfficialMember>();
const heard = new Map<string, number[][]>();

/** What a member is like. */
export interface MemberReport {
  readonly here: readonly string[];
  readonly statuses: readonly unknown[];
  readonly joins: readonly unknown[];
  readonly disagreements: readonly string[];
  readonly compared: number;
  readonly isConnected: boolean;
  readonly heard: readonly (readonly number[])[];
}

/** Called by the test through the page. */
export interface MembersPage {
  join(name: string, user: string | undefined, topic: string): void;
  /** On the socket that another member has. */
  joinAgain(name: string, other: string, topic: string): void;
  look(name: string): MemberReport;
  push(name: string, event: string, payload: object): Promise<[status: string, response: unknown]>;
  pushBytes(name: string, event: string, bytes: number[]): Promise<[status: string, response: number[]]>;
  /** Without an answer. */
  tell(name: string, event: string, bytes?: number[]): void;
  leave(name: string): void;
}

const page: MembersPage = {
  join(name, user, topic) {
    const params = user === undefined ? {} : { user };
    const socket = new Socket("/socket", { params, reconnectAfterMs: () => 10, rejoinAfterMs: () => 10 });
    socket.connect();
    joinOn(socket, name, topic);
  },
  joinAgain: (name, other, topic) => joinOn(of(other).socket, name, topic),
  look(name) {
    const { presence, joins, disagreements, compared, socket } = of(name);
    const here = presence.inPendingSyncState() ? [] : of(name).here().sort();
    const statuses = Object.values(presence.state).flatMap(({ metas }) =>
      metas.map((meta) => meta["status"]),
    );
    const isConnected = socket.isConnected();
    return { here, statuses, joins, disagreements, compared, isConnected, heard: heard.get(name)! };
  },
  push: (name, event, payload) => pushAndWait(of(name).channel, event, payload),
  async pushBytes(name, event, bytes) {
    const [status, response] = await pushAndWait(of(name).channel, event, new Uint8Array(bytes).buffer);
    return [status, [...new Uint8Array(response as ArrayBuffer)]];
  },
  tell(name, event, bytes) {
    of(name).channel.push(event, bytes === undefined ? {} : new Uint8Array(bytes).buffer);
  },
  leave: (name) => void of(name).channel.leave(),
};

function joinOn(socket: Socket, name: string, topic: string): void {
  const member = joinAsMember(socket, topic);
  const bytes: number[][] = [];
  member.channel.on("shouted", (payload) => void bytes.push([...new Uint8Array(payload)]));
  members.set(name, member);
  heard.set(name, bytes);
}

function of(name: string): OfficialMember {
  return members.get(name)!;
}

(globalThis as unknown as { rooms: MembersPage }).rooms = page;
