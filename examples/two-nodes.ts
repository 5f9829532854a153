import { Answer, decode, encode, type Outgoing, PresenceSet } from "../src/index.ts";

const tokyo = new PresenceSet({ replica: "tokyo" });
const paris = new PresenceSet({ replica: "paris" });
paris.show("tokyo");

/** What tokyo says, as the bytes that a transport would carry. */
let counter = 1;
function fromTokyo(outgoing: Outgoing): Uint8Array[] {
  const sender = { name: "tokyo", id: tokyo.replica, startedAt: 0 };
  const messages = encode(outgoing, { sender, counter });
  counter += messages.length;
  return messages;
}

function delta(): Uint8Array[] {
  return fromTokyo({ type: "delta", seen: tokyo.seenOf("tokyo"), steps: tokyo.takeSteps() });
}

const answer = new Answer();
function arriveInParis(messages: Uint8Array[]): void {
  for (const bytes of messages) {
    const decoded = decode(bytes);
    if (!decoded.ok) throw decoded.error;
    const { message } = decoded;
    if (message.type === "delta") paris.merge(message.fragment);
    if (message.type === "push") for (const fragment of answer.receive(message)) paris.merge(fragment);
  }
}

function show(moment: string): void {
  const readers = paris.list("article:7").map(([key, meta]) => `${key} on ${meta["device"]}`);
  console.log(`${moment}\n  paris: ${paris.count("article:7")} reading: ${readers.join(", ") || "nobody"}`);
}

tokyo.join(1, "article:7", "alice", { device: "phone" });
tokyo.join(2, "article:7", "bob", { device: "laptop" });
arriveInParis(delta());
show("alice and bob open the article in tokyo.");

tokyo.leave(2, "article:7", "bob");
delta();
show("bob closes it, and the message is lost.");

tokyo.update(1, "article:7", "alice", { device: "laptop" });
arriveInParis(delta());
show("alice moves to her laptop.");

const missing = tokyo.seenOf("tokyo").without(paris.seenOf("tokyo"));
console.log(`paris sees that it missed events ${JSON.stringify([...missing])} and asks for them.`);
const fragment = tokyo.catchUp("tokyo", paris.seenOf("tokyo"))!;
arriveInParis(fromTokyo({ type: "push", to: "paris", request: 1, fragments: [fragment] }));
show(`tokyo answers with ${fragment.leaves.length} leave and ${fragment.live.length} joins.`);
