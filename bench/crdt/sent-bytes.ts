import { equal } from "node:assert/strict";
import { Intervals, PresenceSet } from "../../src/crdt/index.ts";
import { decode, encode, type OutgoingMessage } from "../../src/wire/index.ts";
import { atMost, type Figure } from "../figure.ts";
import { joinAll, leaveAll, PersonStream } from "./person-stream.ts";
import { encodePush, PARIS, TOKYO } from "./push-bytes.ts";

const PEOPLE = 100_000;

/** Exact bytes on the wire, with names of 8 and ids of 12 characters. */
export function sentBytes(): Figure[] {
  const people = new PersonStream();
  const tokyo = new PresenceSet({ replica: TOKYO.id });
  joinAll(tokyo, people.take(PEOPLE));
  tokyo.takeOperations();
  const fullState = encodePush(tokyo.catchUp(TOKYO.id, Intervals.empty())!);
  const bytesPerJoin = (joins: number) => {
    joinAll(tokyo, people.take(joins));
    return (
      bytesOf({ type: "delta", seen: tokyo.seenOf(TOKYO.id), operations: tokyo.takeOperations() }) / joins
    );
  };
  const figure = (work: string, bytes: number, limit: number): Figure => {
    return { work, unit: "B", samples: [bytes], target: atMost(limit), floor: work };
  };
  return [
    figure("wire: a join in a delta of 1", bytesPerJoin(1), 130),
    figure("wire: a join in a delta of 100", bytesPerJoin(100), 55),
    figure("wire: a join in a delta of 1 000", bytesPerJoin(1_000), 50),
    { work: "wire: a presence in a full state of 100 000", unit: "B", samples: [fullState.length / PEOPLE] },
    { work: "wire: a leave in a delta of 100", unit: "B", samples: [bytesPerLeave(tokyo, people, 100)] },
    figure("wire: an idle heartbeat of two replicas", bytesOfHeartbeat(tokyo), 100),
    {
      work: "wire: each further replica in a heartbeat, of 50",
      unit: "B",
      samples: [(bytesOfHeartbeat(tokyo, 49) - bytesOfHeartbeat(tokyo)) / 48],
    },
  ];
}

/** The presences of the previous message leave. */
function bytesPerLeave(set: PresenceSet, people: PersonStream, leaves: number): number {
  const leaving = people.take(leaves);
  joinAll(set, leaving);
  set.takeOperations();
  leaveAll(set, leaving);
  return bytesOf({ type: "delta", seen: set.seenOf(TOKYO.id), operations: set.takeOperations() }) / leaves;
}

function bytesOfHeartbeat(set: PresenceSet, count = 1): number {
  const [seen, digest] = [set.seenOf(TOKYO.id), set.digestOf(TOKYO.id)];
  const others = Array.from({ length: count }, (_, at) => {
    const number = `${at}`.padStart(2, "0");
    return { ...PARIS, name: `paris-${number}`, id: `4f90d13a42${number}`, seen };
  });
  return bytesOf({ type: "heartbeat", seen, digest, leaveDelayMs: 0, heartbeatIntervalMs: 4_500, others });
}

function bytesOf(outgoing: OutgoingMessage): number {
  const messages = encode(outgoing, { sender: TOKYO, counter: PEOPLE });
  equal(messages.length, 1);
  equal(decode(messages[0]!).ok, true);
  return messages[0]!.length;
}
