import { equal } from "node:assert/strict";
import { Intervals, PresenceSet } from "../../src/crdt/index.ts";
import { decode, encode, type OutgoingMessage } from "../../src/wire/index.ts";
import { atMost, type Figure } from "../figure.ts";
import { joinAll, leaveAll, PersonStream } from "./person-stream.ts";
import { encodePush, PARIS, TOKYO } from "./push-bytes.ts";

const PEOPLE = 100_000;

/** What goes over the wire, to the byte: names of 8, ids of 12 characters. */
export function sentBytes(): Figure[] {
  const crowd = new PersonStream();
  const tokyo = new PresenceSet({ replica: TOKYO.id });
  joinAll(tokyo, crowd.take(PEOPLE));
  tokyo.takeOperations();
  const fullState = encodePush(tokyo.catchUp(TOKYO.id, Intervals.empty())!);
  const bytesOfJoin = (joins: number) => {
    joinAll(tokyo, crowd.take(joins));
    return (
      bytesOf({ type: "delta", seen: tokyo.seenOf(TOKYO.id), operations: tokyo.takeOperations() }) / joins
    );
  };
  const figure = (work: string, bytes: number, limit: number): Figure => {
    return { work, unit: "B", samples: [bytes], target: atMost(limit), floor: work };
  };
  return [
    figure("wire: a join, in a delta of 1", bytesOfJoin(1), 130),
    figure("wire: a join, in a delta of 100", bytesOfJoin(100), 55),
    figure("wire: a join, in a delta of 1 000", bytesOfJoin(1_000), 50),
    { work: "wire: a presence, in a full state of 100 000", unit: "B", samples: [fullState.length / PEOPLE] },
    { work: "wire: a leave, in a delta of 100", unit: "B", samples: [bytesOfLeaves(tokyo, crowd, 100)] },
    figure("wire: an idle heartbeat, of two replicas", bytesOfHeartbeat(tokyo), 100),
    {
      work: "wire: each replica more in a heartbeat, of 50",
      unit: "B",
      samples: [(bytesOfHeartbeat(tokyo, 49) - bytesOfHeartbeat(tokyo)) / 48],
    },
  ];
}

/** Of those who joined in the message before, a leave each. */
function bytesOfLeaves(set: PresenceSet, crowd: PersonStream, leaves: number): number {
  const people = crowd.take(leaves);
  joinAll(set, people);
  set.takeOperations();
  leaveAll(set, people);
  return bytesOf({ type: "delta", seen: set.seenOf(TOKYO.id), operations: set.takeOperations() }) / leaves;
}

function bytesOfHeartbeat(set: PresenceSet, count = 1): number {
  const [seen, digest] = [set.seenOf(TOKYO.id), set.digestOf(TOKYO.id)];
  const others = Array.from({ length: count }, (_, at) => {
    const number = `${at}`.padStart(2, "0");
    return { ...PARIS, name: `paris-${number}`, id: `4f90d13a42${number}`, seen };
  });
  return bytesOf({ type: "heartbeat", seen, digest, leaveDelayMs: 0, others });
}

function bytesOf(outgoing: OutgoingMessage): number {
  const messages = encode(outgoing, { sender: TOKYO, counter: PEOPLE });
  equal(messages.length, 1);
  equal(decode(messages[0]!).ok, true);
  return messages[0]!.length;
}
