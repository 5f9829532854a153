import { Intervals, PresenceSet } from "../../src/crdt/index.ts";
import { decode, encode } from "../../src/wire/index.ts";
import { encodePush, TOKYO } from "../crdt/push-bytes.ts";
import { type ComparedReplica, namesByNumber } from "./compared-replica.ts";

const TOPIC = "lobby";

/** Tokyo, or a set that receives from it. */
export function rollcallSet(isSource: boolean): ComparedReplica<Uint8Array> {
  const set = new PresenceSet({ replica: isSource ? TOKYO.id : "receiver" });
  if (!isSource) set.show(TOKYO.id);
  return {
    set: (id, name) => void set.join(id, TOPIC, String(id), { name }),
    takeUpdates: () => {
      const seen = set.seenOf(TOKYO.id);
      const envelope = { sender: TOKYO, counter: 1 };
      return set
        .takeOperations()
        .map((operation) => encode({ type: "delta", seen, operations: [operation] }, envelope)[0]!);
    },
    fullState: () => encodePush(set.catchUp(TOKYO.id, Intervals.empty())!),
    apply(bytes) {
      const decoded = decode(bytes);
      if (!decoded.ok) throw decoded.error;
      const { message } = decoded;
      if (message.type === "delta") set.merge(message.fragment);
      if (message.type === "push") for (const fragment of message.fragments) set.merge(fragment);
    },
    names: () => namesByNumber(set.list(TOPIC).map(([key, { name }]) => [key, name as string])),
    end() {},
  };
}
