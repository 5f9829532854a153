import { type Change, type Fragment, fragmentOf, PresenceSet } from "../../src/crdt/index.ts";

/** Two sets. Paris shows tokyo, and `send` merges the changes of tokyo since the last call into paris. */
export function twoReplicas(): { tokyo: PresenceSet; paris: PresenceSet; send: () => Change } {
  const tokyo = new PresenceSet({ replica: "tokyo" });
  const paris = new PresenceSet({ replica: "paris" });
  paris.show("tokyo");
  const send = () => paris.merge(asDecoded(fragmentOf("tokyo", tokyo.takeOperations())));
  return { tokyo, paris, send };
}

/** A copy that shares no object with the sender, as a decoder returns it. */
export function asDecoded(fragment: Fragment): Fragment {
  const live = fragment.live.map(({ dot, owner, topic, key, content, replaced }) => {
    return { dot, owner, topic, key, content: structuredClone(content), replaced };
  });
  return { ...fragment, live };
}
