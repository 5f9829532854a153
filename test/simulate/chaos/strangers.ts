import { Intervals } from "../../../src/crdt/intervals.ts";
import { createSigning } from "../../../src/signing/create-signing.ts";
import { readHeader } from "../../../src/testing/simulation/message-header.ts";
import type { PublishedMessage } from "../../../src/testing/simulation/stranger.ts";
import { encode } from "../../../src/wire/encode.ts";
import { PROTOCOL_VERSION } from "../../../src/wire/format.ts";
import type { Envelope, OutgoingMessage, ReplicaIncarnation } from "../../../src/wire/replica-message.ts";
import { type MessageSigning, seal, unseal } from "../../../src/wire/seal.ts";
import { damaged } from "../../support/damaged.ts";
import type { Dice } from "../../support/dice.ts";
import type { ChaosCluster } from "./chaos-cluster.ts";

/** The secret of the clusters that have one. */
export const SECRET = "the secret of the simulated cities";

/**
 * What strangers do. Without a secret, the model can only judge what a transport does to messages: it damages them, or
 * delivers them again. A stranger that makes up messages can then do anything that a node can. With a secret, nodes must
 * refuse whatever they did not sign.
 */
const DEEDS: Readonly<Record<string, (chaos: ChaosCluster) => void>> = {
  "messages replayed": replay,
  "messages damaged": damage,
  "messages invented": invent,
};

/** How often strangers did what, by the names in `DEEDS`. */
export const DEED_NAMES: readonly string[] = Object.keys(DEEDS);

/** At most this many messages are remembered. */
const MAX_OVERHEARD = 60;

/** Messages of nodes, from recent ones to the first of all, in a random order. */
export class Overheard {
  readonly #messages: PublishedMessage[] = [];
  readonly #dice: Dice;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  add(message: PublishedMessage): void {
    if (this.#messages.length < MAX_OVERHEARD) this.#messages.push(message);
    else if (this.#dice.chance(0.2)) this.#messages[this.#dice.integer(0, MAX_OVERHEARD - 1)] = message;
  }

  get any(): PublishedMessage | undefined {
    return this.#messages.length === 0 ? undefined : this.#dice.pick(this.#messages);
  }
}

/** A stranger publishes messages for a while. */
export function strangerSpeaks(chaos: ChaosCluster): void {
  const { dice, cluster } = chaos;
  const end = cluster.now + dice.between(500, 10_000);
  const meanMs = dice.between(50, 1_000);
  const hasSecret = cluster.trackerOptions.secret !== undefined;
  const speak = () => {
    if (cluster.now > end) return;
    const deed = dice.pickWeighted([
      ["messages replayed", 1],
      ["messages damaged", 1],
      ["messages invented", hasSecret ? 2 : 0],
    ]);
    DEEDS[deed]!(chaos);
    chaos.countFault(deed);
    chaos.schedule(dice.exponentialDelay(meanMs), speak);
  };
  speak();
}

function replay({ dice, cluster, overheard }: ChaosCluster): void {
  const message = overheard.any;
  if (message === undefined) return;
  // To the same nodes, or to another one.
  const topic = dice.chance(0.5) ? message.topic : (overheard.any?.topic ?? message.topic);
  cluster.log.addLine("stranger", () => `replays a ${readHeader(message.bytes).kind} on ${topic}`);
  cluster.stranger.replay({ topic, bytes: message.bytes });
}

function damage({ dice, cluster, overheard }: ChaosCluster): void {
  const message = overheard.any;
  if (message === undefined) return;
  const { topic } = message;
  const bytes = dice.chance(0.8) ? damaged(message.bytes, dice.random) : noise(dice);
  if (Buffer.compare(bytes, message.bytes) === 0) return;
  cluster.log.addLine("stranger", () => `damages a message on ${topic}`);
  cluster.stranger.forge({ topic, bytes });
}

function noise(dice: Dice): Uint8Array {
  return Uint8Array.from({ length: dice.integer(0, 60) }, () => dice.integer(0, 255));
}

function invent({ dice, cluster, overheard }: ChaosCluster): void {
  const message = overheard.any;
  if (message === undefined) return;
  const { topic } = overheard.any ?? message;
  const [how, bytes] = invented(dice, message);
  cluster.log.addLine("stranger", () => `publishes on ${topic}: ${how}`);
  cluster.stranger.forge({ topic, bytes });
}

/** A message that the stranger made up, and what it is. */
function invented(dice: Dice, overheard: PublishedMessage): [how: string, bytes: Uint8Array] {
  if (dice.chance(0.2)) {
    const content = unseal(overheard.bytes, undefined);
    return ["an overheard message without its signature", seal(content, undefined)];
  }
  const { sender, counter } = readHeader(overheard.bytes);
  const outgoing = inventedMessage(dice, sender);
  const [who, envelope] = dice.pick<[string, Envelope]>([
    ["an invented replica", { sender: inventedReplica(dice), counter: 1 }],
    [`${sender.name}`, { sender, counter: counter + dice.integer(1, 1_000_000) }],
    [`a later ${sender.name}`, { sender: { ...inventedReplica(dice), name: sender.name }, counter: 1 }],
  ]);
  const [signature, signing] = dice.pick(SIGNATURES);
  const [bytes] = encode(outgoing, envelope, Number.POSITIVE_INFINITY, PROTOCOL_VERSION, signing);
  return [`${outgoing.type} of ${who} ${signature}`, bytes!];
}

function inventedReplica(dice: Dice): ReplicaIncarnation {
  const id = `invented ${dice.integer(1, 1_000_000)}`;
  return { name: id, id, startedAt: Date.UTC(2100, 0) + dice.integer(0, 1_000_000) };
}

const acceptUnsigned = false;

/** What a stranger without the secret can sign with. */
const SIGNATURES: readonly [how: string, signing: MessageSigning | undefined][] = [
  ["without a signature", undefined],
  [
    "with another secret",
    createSigning({ secret: "the secret of a stranger", acceptUnsigned }, "rollcall:all"),
  ],
  // The same nodes may have another cluster, whose messages the stranger overhears too.
  ["from another cluster", createSigning({ secret: SECRET, acceptUnsigned }, "another cluster:all")],
];

/** A message that would change much if a node believed it. */
function inventedMessage(dice: Dice, { name, id, startedAt }: ReplicaIncarnation): OutgoingMessage {
  const seen = Intervals.range(1, dice.integer(1, 1_000));
  const live = { dot: 1, owner: 1, topic: "lobby", key: "mallory", content: {}, replaced: 0 };
  const times = { leaveDelayMs: 60_000, heartbeatIntervalMs: 60_000 };
  return dice.pick<OutgoingMessage>([
    { type: "leaving", lingerMs: 0, lastDot: 0 },
    { type: "delta", seen: Intervals.range(1, 1), operations: [{ live, leaves: [] }] },
    { type: "heartbeat", seen, digest: 7, ...times, others: [{ name, id, startedAt, seen }] },
    { type: "pull", to: id, request: 1, wants: [{ replica: id, seen: Intervals.empty() }] },
    { type: "push", to: id, request: 1, fragments: [{ replica: id, seen, live: [], leaves: [] }] },
  ]);
}
