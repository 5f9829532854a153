import { describe, expect, it } from "vitest";
import type { Claim, Handover, ReplicaMessage } from "../../../src/wire/index.ts";
import { exchangeUntilQuiet, HEARTBEAT_INTERVAL, ReplicaHarness } from "../replica-harness.ts";
import { ClaimNetwork } from "./claim-network.ts";

const LEAVE_DELAY = 60_000;

/** Tokyo, paris and berlin, each with some readers of the same key, and a way to lose and to repeat messages. */
function cluster(
  readers: { tokyo?: number; paris?: number; berlin?: number },
  leaveDelayMs: number | ((name: string) => number) = LEAVE_DELAY,
) {
  let luck = (_from: string, _to: string) => 9;
  const names = ["tokyo", "paris", "berlin"] as const;
  const network = new ClaimNetwork(names, { leaveDelayMs, luck: (from, to) => luck(from, to) });
  for (const name of names) for (let reader = 0; reader < (readers[name] ?? 0); reader++) network.join(name);
  network.advance(2 * HEARTBEAT_INTERVAL);
  return {
    network,
    end(name: string, times = 1) {
      for (let time = 0; time < times; time++) network.end(name);
    },
    lose(isLost: (from: string, to: string) => boolean) {
      luck = (from, to) => (isLost(from, to) ? 0 : 9);
    },
    repeatAll() {
      luck = () => 1;
    },
    loseNothing() {
      luck = () => 9;
    },
  };
}

describe("a newcomer", () => {
  it("supersedes one of several pending leaves elsewhere, and never two", () => {
    const { network, end } = cluster({ tokyo: 3, paris: 3 });
    end("tokyo", 3);
    end("paris", 3);
    network.advance(200);
    network.join("berlin");
    network.advance(HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([6, 6, 6]);
  });

  it("supersedes a pending leave of its own node first", () => {
    const { network, end } = cluster({ tokyo: 3, berlin: 1 });
    end("berlin");
    end("tokyo", 3);
    network.advance(200);
    network.join("berlin");
    network.advance(HEARTBEAT_INTERVAL);
    expect([network.countOf("tokyo"), network.countOf("berlin")]).toEqual([3, 1]);
  });

  it("supersedes a pending leave elsewhere first if it has waited much longer than those of its own node", () => {
    const { network, end } = cluster({ tokyo: 1, berlin: 1 });
    end("tokyo");
    network.advance(LEAVE_DELAY / 4);
    end("berlin");
    network.join("berlin");
    network.advance(200);
    expect([network.countOf("tokyo"), network.countOf("berlin")]).toEqual([0, 2]);
  });

  it("supersedes one of its own node instead of an older one of a peer that is silent and could not answer", () => {
    const { network, end } = cluster({ tokyo: 1, berlin: 1 }, 20_000);
    end("tokyo");
    network.advance(200);
    network.isolate("tokyo");
    network.advance(5_000);
    end("berlin");
    network.join("berlin");
    expect(network.countOf("tokyo", "berlin")).toBe(1);
    expect(network.countOf("berlin")).toBe(1);
  });

  it("claims at the peer with the most pending leaves, less its own claims on them", () => {
    const { network, end } = cluster({ tokyo: 2, paris: 3 });
    end("tokyo", 2);
    end("paris", 3);
    network.advance(200);
    for (let client = 0; client < 3; client++) network.join("berlin");
    network.advance(HEARTBEAT_INTERVAL);
    expect([network.countOf("tokyo"), network.countOf("paris")]).toEqual([1, 1]);
  });

  it("supersedes a pending leave that it hears of shortly after it has joined", () => {
    const { network, end } = cluster({ tokyo: 1 });
    network.join("berlin");
    network.advance(60);
    end("tokyo");
    network.advance(200);
    expect(network.counts()).toEqual([1, 1, 1]);
  });

  it.each([
    ["ends", "end"],
    ["leaves", "close"],
  ] as const)("supersedes what %s just before it, however slow the bus becomes", (_what, command) => {
    const { network } = cluster({ tokyo: 1, paris: 1 });
    network.messageDelay = 900;
    network[command]("tokyo");
    network.advance(30);
    network.join("berlin");
    network.advance(3_000);
    expect(new Set(network.counts())).toEqual(new Set([2]));
  });

  it("supersedes nothing that began to wait long after it had joined: it is a second device", () => {
    // The nodes have been up for longer than the leave delay.
    const { network, end } = cluster({ tokyo: 1 }, 3 * HEARTBEAT_INTERVAL);
    network.join("berlin");
    network.advance(1_000);
    end("tokyo");
    network.advance(HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([2, 2, 2]);
  });

  it("supersedes one pending leave only, however many come after it", () => {
    const { network, end } = cluster({ tokyo: 2, paris: 2 });
    network.join("berlin");
    end("tokyo", 2);
    end("paris", 2);
    network.advance(HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([4, 4, 4]);
  });

  it("supersedes nothing on a node that its join had reached before", () => {
    const { network, end } = cluster({ tokyo: 1 });
    network.join("berlin");
    network.advance(40);
    // The heartbeat that follows lists the newcomer.
    network.replica("tokyo").step({ type: "connected" });
    network.advance(20);
    end("tokyo");
    network.advance(200);
    expect(network.counts()).toEqual([2, 2, 2]);
  });

  it("on a node without a leave delay claims what it knows of, and what ends there leaves at once", () => {
    const { network, end } = cluster({ tokyo: 2, berlin: 1 }, (name) =>
      name === "berlin" ? 0 : LEAVE_DELAY,
    );
    end("tokyo", 2);
    network.advance(200);
    network.join("berlin");
    network.advance(200);
    expect(network.counts()).toEqual([3, 3, 3]);
    end("berlin");
    network.advance(200);
    expect(network.counts()).toEqual([2, 2, 2]);
  });
});

describe("a claim", () => {
  it("that arrives twice is carried out once", () => {
    const { network, end, repeatAll } = cluster({ tokyo: 3 });
    end("tokyo", 3);
    network.advance(200);
    repeatAll();
    network.join("berlin");
    network.advance(3 * HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([3, 3, 3]);
  });

  it("that is lost is repeated by a heartbeat", () => {
    const { network, end, lose, loseNothing } = cluster({ tokyo: 3 });
    end("tokyo", 3);
    network.advance(200);
    lose((from) => from === "berlin");
    network.join("berlin");
    network.advance(50);
    loseNothing();
    expect(network.counts()).toEqual([3, 3, 4]);
    network.advance(2 * HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([3, 3, 3]);
  });

  it("whose answer is lost is answered again, and not carried out again", () => {
    const { network, end, lose, loseNothing } = cluster({ tokyo: 3 });
    end("tokyo", 3);
    network.advance(200);
    network.join("berlin");
    network.advance(27);
    lose((from) => from === "tokyo");
    network.advance(40);
    loseNothing();
    network.advance(2 * HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([3, 3, 3]);
    const { presences } = network.replica("berlin").replication;
    expect(presences.pendingLeaveCount("lobby", "readers")).toBe(2);
  });

  it("that is refused is tried elsewhere", () => {
    const { network, end } = cluster({ tokyo: 2, paris: 1 });
    end("tokyo", 2);
    end("paris");
    network.advance(200);
    network.join("berlin");
    network.join("tokyo");
    network.join("tokyo");
    network.advance(HEARTBEAT_INTERVAL);
    expect([network.countOf("tokyo"), network.countOf("paris"), network.countOf("berlin")]).toEqual([
      2, 0, 1,
    ]);
  });

  it("that is refused late supersedes no pending leave of its own node that began meanwhile", () => {
    const { network, end, lose, loseNothing } = cluster({ paris: 1, berlin: 1 });
    end("paris");
    network.advance(200);
    network.join("paris");
    network.join("berlin");
    lose((from, to) => from === "paris" && to === "berlin");
    network.advance(500);
    end("berlin");
    loseNothing();
    network.advance(2 * HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([3, 3, 3]);
  });

  it("that is refused late claims no pending leave elsewhere that began meanwhile", () => {
    const { network, end, lose } = cluster({ tokyo: 2, paris: 2 });
    end("tokyo");
    end("paris", 2);
    network.advance(200);
    for (const name of ["berlin", "paris", "paris"]) network.join(name);
    lose((from, to) => from === "paris" && to === "berlin");
    network.advance(500);
    end("tokyo");
    network.advance(50);
    network.join("tokyo");
    lose((from, to) => from === "tokyo" && to === "berlin");
    network.advance(2 * HEARTBEAT_INTERVAL);
    expect(network.countAt("tokyo")).toBe(5);
  });

  it("that nobody answers in time makes room for another", () => {
    const { network, end, lose, loseNothing } = cluster({ tokyo: 3 }, (name) =>
      name === "tokyo" ? 2_000 : LEAVE_DELAY,
    );
    end("tokyo");
    network.advance(200);
    lose((from) => from === "berlin");
    network.join("berlin");
    network.advance(1_500);
    end("tokyo");
    network.advance(1_700);
    loseNothing();
    const { presences } = network.replica("berlin").replication;
    expect(presences.pendingLeaveCount("lobby", "readers")).toBe(1);
  });

  it("frees nothing when the owner of the pending leave has come back", () => {
    const { network, end } = cluster({ tokyo: 1 });
    end("tokyo");
    network.advance(200);
    network.replica("tokyo").replication.revive(1, "lobby", "readers", undefined, network.now);
    network.join("berlin");
    network.advance(HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([2, 2, 2]);
  });

  it("frees nothing when the pending leave has been untracked", () => {
    const { network, end } = cluster({ tokyo: 2 });
    end("tokyo");
    network.advance(200);
    network.join("berlin");
    network.replica("tokyo").leave(1);
    network.advance(HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([2, 2, 2]);
  });
});

describe("a claim on a replica that has left", () => {
  it("is carried out by every survivor alike, whatever the order and the repetition", () => {
    const { network, repeatAll } = cluster({ tokyo: 5 });
    network.close("tokyo");
    network.advance(200);
    repeatAll();
    for (const name of ["paris", "berlin", "paris"]) network.join(name);
    network.advance(3 * HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([5, 5]);
    const refsAt = (name: string) =>
      network
        .replica(name)
        .replication.presences.getByKey("lobby", "readers")
        .map(({ phx_ref }) => phx_ref)
        .sort();
    expect(refsAt("paris")).toEqual(refsAt("berlin"));
  });

  it("is kept until the news arrives that the replica has left", () => {
    const { network, lose, loseNothing } = cluster({ tokyo: 3 });
    lose((from, to) => from === "tokyo" && to === "paris");
    network.close("tokyo");
    network.advance(50);
    network.join("berlin");
    network.advance(200);
    loseNothing();
    expect([network.countAt("paris"), network.countAt("berlin")]).toEqual([4, 3]);
    const [leaving] = network.replica("tokyo").forge({ type: "leaving", lingerMs: LEAVE_DELAY, lastDot: 0 });
    network.replica("paris").receive(leaving!);
    network.advance(10);
    expect([network.countAt("paris"), network.countAt("berlin")]).toEqual([3, 3]);
  });

  it("is published at once when the news arrives, because other peers show both presences until then", () => {
    const { network } = cluster({ tokyo: 3 });
    network.join("paris");
    network.advance(50);
    const [leaving] = network.replica("tokyo").forge({ type: "leaving", lingerMs: LEAVE_DELAY, lastDot: 0 });
    const paris = network.replica("paris");
    paris.takeSent();
    paris.receive(leaving!);
    expect(paris.takeSent()).toMatchObject([{ type: "delta", handover: { claims: [{ replica: "tokyo" }] } }]);
  });

  it("does not count as lost at a node that may not know all presences of that replica", () => {
    const { network, end, lose, loseNothing } = cluster({ tokyo: 1, berlin: 1 });
    lose((from, to) => from === "tokyo" && to === "paris");
    network.join("tokyo");
    network.close("tokyo");
    loseNothing();
    network.advance(HEARTBEAT_INTERVAL / 2);
    expect([network.countOf("tokyo", "paris"), network.countOf("tokyo", "berlin")]).toEqual([1, 2]);
    lose((from, to) => from === "berlin" && to === "paris");
    network.join("berlin");
    network.advance(20);
    loseNothing();
    end("berlin");
    network.advance(50);
    network.join("paris");
    network.advance(2 * HEARTBEAT_INTERVAL);
    expect(network.countAt("berlin")).toBe(3);
  });

  it("is made of a claim that the replica did not answer any more", () => {
    const { network, end } = cluster({ tokyo: 3 });
    end("tokyo");
    network.advance(200);
    network.join("berlin");
    network.close("tokyo");
    network.advance(HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([3, 3]);
  });

  it("is not carried out by peers that have seen that the replica granted it", () => {
    const { network, end, lose, loseNothing } = cluster({ tokyo: 3 });
    end("tokyo");
    network.advance(200);
    network.join("berlin");
    lose((from, to) => from === "tokyo" && to === "berlin");
    network.advance(60);
    loseNothing();
    expect(network.countAt("paris")).toBe(3);
    network.close("tokyo");
    network.advance(HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([3, 3]);
  });

  it("is not made of an old claim, which the replica has probably refused", () => {
    const { network, end, lose, loseNothing } = cluster({ tokyo: 3 });
    end("tokyo");
    network.advance(200);
    network.join("tokyo");
    network.join("berlin");
    lose((from, to) => from === "tokyo" && to === "berlin");
    network.advance(500);
    loseNothing();
    network.close("tokyo");
    network.advance(HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([4, 4]);
  });

  it("is not made for a newcomer that joined long before, even if a peer has just refused it", () => {
    const { network, end, lose, loseNothing } = cluster({ tokyo: 2, paris: 1 });
    end("paris");
    network.advance(200);
    network.join("paris");
    network.join("berlin");
    lose((from, to) => from === "paris" && to === "berlin");
    network.advance(500);
    network.close("tokyo");
    network.advance(50);
    loseNothing();
    network.advance(2 * HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([4, 4]);
  });

  it("is made once for a newcomer, even if a second replica leaves at the same time", () => {
    const { network } = cluster({ tokyo: 1, paris: 1 });
    network.join("berlin");
    network.advance(20);
    network.close("tokyo");
    network.close("paris");
    network.advance(200);
    expect(network.countAt("berlin")).toBe(2);
  });

  it("is made by a node that started after it had left, for a newcomer without another place", () => {
    const { network } = cluster({ tokyo: 3 });
    network.close("tokyo");
    network.advance(200);
    network.start("oslo");
    network.advance(100);
    network.join("oslo");
    network.advance(HEARTBEAT_INTERVAL);
    expect([network.countAt("paris"), network.countAt("berlin"), network.countAt("oslo")]).toEqual([3, 3, 1]);
  });

  it("is not made by such a node for a replica that leaves later", () => {
    const { network, lose, loseNothing } = cluster({ tokyo: 3 });
    network.start("oslo");
    network.advance(1_000);
    lose((from) => from === "oslo");
    network.join("oslo");
    network.advance(1_000);
    network.close("tokyo");
    network.advance(100);
    loseNothing();
    network.advance(HEARTBEAT_INTERVAL);
    expect([network.countAt("paris"), network.countAt("berlin"), network.countAt("oslo")]).toEqual([4, 4, 4]);
  });
});

describe("a second device of a user whose other device was on a node that leaves", () => {
  it("keeps both, even if it was updated twice after the last heartbeat of that node", () => {
    const { network } = cluster({ tokyo: 1, berlin: 1 });
    const berlin = network.replica("berlin");
    berlin.update(2, "lobby", "readers", { n: 1 });
    network.advance(50);
    berlin.update(2, "lobby", "readers", { n: 2 });
    network.close("tokyo");
    network.advance(HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([2, 2]);
  });

  it("keeps both, even if that node never heard of it over a half-open link", () => {
    const { network, lose } = cluster({ tokyo: 1 });
    lose((_, to) => to === "tokyo");
    network.join("berlin");
    network.advance(2_000);
    network.close("tokyo");
    network.advance(HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([2, 2]);
  });
});

describe("with a claim under way", () => {
  it("a node that is hidden, and returns, shows what it has", () => {
    const { network, end } = cluster({ tokyo: 2 });
    end("tokyo");
    network.advance(200);
    network.isolate("tokyo");
    network.join("berlin");
    network.advance(20_000);
    network.heal();
    network.advance(2 * HEARTBEAT_INTERVAL);
    expect(network.counts()).toEqual([3, 3, 3]);
    network.advance(LEAVE_DELAY);
    expect(network.counts()).toEqual([2, 2, 2]);
  });

  it("a node that dies takes its own presences along, and nothing else", () => {
    const { network, end } = cluster({ tokyo: 2, paris: 2 });
    end("tokyo", 2);
    end("paris");
    network.advance(200);
    network.join("berlin");
    network.kill("tokyo");
    network.advance(20_000);
    expect(network.counts()).toEqual([3, 3]);
  });

  it("a claimer that takes another id claims nothing a second time", () => {
    const [tokyo, paris] = [
      new ReplicaHarness("tokyo", { leaveDelayMs: LEAVE_DELAY }),
      new ReplicaHarness("paris", { leaveDelayMs: LEAVE_DELAY }),
    ];
    exchangeUntilQuiet(tokyo, paris);
    for (const owner of [1, 2, 3]) tokyo.join(owner, "lobby", "readers");
    for (const owner of [1, 2, 3]) tokyo.end(owner);
    exchangeUntilQuiet(tokyo, paris);
    paris.join(9, "lobby", "readers");
    paris.advance(40, { isDeaf: true });
    const claim = paris.takeSent();
    paris.receive(...paris.forge({ type: "leaving", lingerMs: 0, lastDot: 0 }));
    tokyo.receive(...claim);
    exchangeUntilQuiet(tokyo, paris);
    paris.advance(2 * HEARTBEAT_INTERVAL, { isDeaf: true });
    exchangeUntilQuiet(tokyo, paris);
    expect(paris.warnings).toEqual(["DUPLICATE_REPLICA"]);
    expect(tokyo.replication.presences.countOfReplica("tokyo")).toBe(2);
  });

  it("a target that takes another id announces its pending leaves again", () => {
    const [tokyo, paris] = [
      new ReplicaHarness("tokyo", { leaveDelayMs: LEAVE_DELAY }),
      new ReplicaHarness("paris", { leaveDelayMs: LEAVE_DELAY }),
    ];
    exchangeUntilQuiet(tokyo, paris);
    for (const owner of [1, 2, 3]) tokyo.join(owner, "lobby", "readers");
    for (const owner of [1, 2, 3]) tokyo.end(owner);
    exchangeUntilQuiet(tokyo, paris);
    const twin = new ReplicaHarness("tokyo", { id: "twin", startedAt: 1 });
    tokyo.receive(...twin.takeSent());
    exchangeUntilQuiet(tokyo, paris);
    expect(tokyo.warnings).toEqual(["DUPLICATE_REPLICA"]);
    expect(paris.replication.presences.pendingLeaveCount("lobby", "readers")).toBe(3);
    paris.join(9, "lobby", "readers");
    exchangeUntilQuiet(tokyo, paris);
    expect([tokyo.keys("lobby"), paris.keys("lobby")].map(({ length }) => length)).toEqual([3, 3]);
  });
});

describe("a claim that arrives late or is invented", () => {
  /** Tokyo with some pending leaves, and paris, which can send it any handover. */
  function tokyoWithPendingLeaves(count: number) {
    const tokyo = new ReplicaHarness("tokyo", { leaveDelayMs: LEAVE_DELAY });
    const paris = new ReplicaHarness("paris", { leaveDelayMs: LEAVE_DELAY });
    exchangeUntilQuiet(tokyo, paris);
    for (let owner = 1; owner <= count; owner++) tokyo.join(owner, "lobby", "readers");
    for (let owner = 1; owner <= count; owner++) tokyo.end(owner);
    exchangeUntilQuiet(tokyo, paris);
    tokyo.takeSent();
    return {
      tokyo,
      paris,
      say: (handover: Partial<Handover>) => {
        const none = { lastPendingLeave: 0, pendingLeaves: [], claims: [], answers: [] };
        const seen = paris.replication.presences.seenOf("paris");
        tokyo.receive(
          ...paris.forge({ type: "delta", seen, operations: [], handover: { ...none, ...handover } }),
        );
      },
      sent: () => {
        tokyo.now += 20;
        tokyo.step({ type: "tick" });
        return tokyo.takeSent();
      },
    };
  }

  const claimOf = (number: number, upTo: number): Claim => {
    return { number, replica: "tokyo", upTo, topic: "lobby", key: "readers" };
  };
  const answersIn = (messages: readonly ReplicaMessage[]) =>
    messages.flatMap((message) => (message.type === "delta" ? (message.handover?.answers ?? []) : []));

  it("supersedes no pending leave that came after it", () => {
    const { tokyo, say, sent } = tokyoWithPendingLeaves(2);
    tokyo.leave(1);
    say({ claims: [claimOf(1, 1)] });
    expect(tokyo.keys("lobby")).toHaveLength(1);
    expect(answersIn(sent())).toEqual([{ claimer: "paris", number: 1, isGranted: false }]);
    say({ claims: [claimOf(2, 2)] });
    expect(tokyo.keys("lobby")).toHaveLength(0);
    expect(answersIn(sent())).toEqual([{ claimer: "paris", number: 2, isGranted: true }]);
  });

  it("is taken once, in whatever order claims arrive", () => {
    const { tokyo, say } = tokyoWithPendingLeaves(5);
    for (const number of [3, 1, 3, 2, 1, 2, 3]) say({ claims: [claimOf(number, 5)] });
    expect(tokyo.keys("lobby")).toHaveLength(2);
  });

  it("keeps the memory bounded, with numbers that lie far apart", () => {
    const { tokyo, say } = tokyoWithPendingLeaves(1);
    for (let round = 0; round < 20; round++)
      say({ claims: Array.from({ length: 1_000 }, (_, at) => claimOf(2 * (1_000 * round + at) + 1, 1)) });
    expect(tokyo.replication.members.get("paris")!.claims.runs).toBeLessThanOrEqual(65);
  });

  it("has an answer that is kept for the latest 10 000 claims only", () => {
    const { say, sent } = tokyoWithPendingLeaves(1);
    const claims = Array.from({ length: 12_000 }, (_, at) => claimOf(at + 1, 1));
    say({ claims });
    expect(answersIn(sent())).toHaveLength(12_000);
    say({ claims });
    expect(answersIn(sent())).toHaveLength(10_000);
  });

  it("makes a heartbeat announce at most 4 096 pending leaves, and a delta all new ones", () => {
    const { tokyo, say, sent } = tokyoWithPendingLeaves(0);
    say({});
    for (let owner = 1; owner <= 5_000; owner++) tokyo.join(owner, "lobby", `reader ${owner}`);
    for (let owner = 1; owner <= 5_000; owner++) tokyo.end(owner);
    const announced = (type: string) =>
      sent().flatMap((message) =>
        message.type === type && "handover" in message ? (message.handover?.pendingLeaves ?? []) : [],
      );
    expect(announced("delta")).toHaveLength(5_000);
    tokyo.now += HEARTBEAT_INTERVAL;
    expect(announced("heartbeat")).toHaveLength(4_096);
  });
});
