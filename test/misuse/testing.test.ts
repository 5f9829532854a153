import { expect, it } from "vitest";
import { createTracker, memoryPubSub } from "../../src/index.ts";
import {
  lossyNetwork,
  manualClock,
  pubSubContract,
  seededRandom,
  simulate,
} from "../../src/testing/index.ts";
import { expectRefusal, INVALID, type Loose, type Misuse } from "./refusal.ts";

const cast = () => simulate(["tokyo", "paris"]);
const started = (names: unknown, options?: unknown) => () => simulate(names as Loose, options as Loose);
const network = (conditions: unknown) => started(["tokyo"], { network: conditions });

const misuses: readonly Misuse<ReturnType<typeof cast>>[] = [
  ["no names", "names is undefined; it must be a list of names.", INVALID, started(undefined)],
  ["one name for a list", 'names is "tokyo"; it must be a list of names.', INVALID, started("tokyo")],
  [
    "a number for a name",
    "The name of a node is 7; it must be a string of 1 to 255 bytes.",
    INVALID,
    started([7]),
  ],
  ["an empty name", 'The name of a node is ""; it must be a string', INVALID, started([""])],
  [
    "a name twice",
    "There is a node tokyo already. Give each its own name.",
    INVALID,
    started(["tokyo", "tokyo"]),
  ],
  [
    "the name of a call",
    "A node can't be called crash: so is a call of the simulation.",
    INVALID,
    started(["crash"]),
  ],
  ["null for options", "options is null; it must be an object.", INVALID, started(["tokyo"], null)],
  ["an option misspelt", 'There is no option "sed".', INVALID, started(["tokyo"], { sed: 5 })],
  ["a pub/sub", 'There is no option "pubsub".', INVALID, started(["tokyo"], { pubsub: memoryPubSub() })],
  [
    "a text as seed",
    'seed is "seven"; it must be a finite number.',
    INVALID,
    started(["tokyo"], { seed: "seven" }),
  ],
  ["a condition misspelt", 'There is no option "loss".', INVALID, network({ loss: 0.5 })],
  [
    "to lose all and more",
    "lossRate is 5; it must be a number from 0 to 1.",
    INVALID,
    network({ lossRate: 5 }),
  ],
  [
    "one delay for two",
    "delayMs is 5; it must be two numbers of ms, the lesser first",
    INVALID,
    network({ delayMs: 5 }),
  ],
  [
    "a delay turned round",
    "delayMs is an array; it must be two numbers of ms",
    INVALID,
    network({ delayMs: [20, 1] }),
  ],
  [
    "time without end",
    "ms is undefined; it must be a finite number of at least 0.",
    INVALID,
    ({ advance }: Loose) => advance(),
  ],
  [
    "to go back",
    "ms is -1; it must be a finite number of at least 0. Time only moves on.",
    INVALID,
    ({ advance }) => advance(-1),
  ],
  [
    "a text of time",
    'ms is "5000"; it must be a finite number',
    INVALID,
    ({ advance }: Loose) => advance("5000"),
  ],
  [
    "a jump of NaN",
    "ms is NaN; it must be a finite number. Below 0 it jumps back.",
    INVALID,
    ({ jumpWall }) => jumpWall("paris", Number.NaN),
  ],
  [
    "a node that is not there",
    "There is no node rome; there are tokyo, paris. Name one of them.",
    INVALID,
    ({ crash }) => crash("rome"),
  ],
  [
    "a node for its name",
    "There is no node a SimulatedNode; there are tokyo, paris.",
    INVALID,
    ({ isolate, paris }: Loose) => isolate(paris),
  ],
  [
    "half a link",
    "There is no node undefined; there are tokyo, paris.",
    INVALID,
    ({ cut }: Loose) => cut("tokyo"),
  ],
  [
    "names for groups",
    'group is "tokyo"; it must be a list of names. Pass ["tokyo"], ["paris"].',
    INVALID,
    ({ partition }: Loose) => partition("tokyo", "paris"),
  ],
  [
    "conditions of nothing",
    "options is undefined; it must be an object. Pass { lossRate: 0.1 }, say.",
    INVALID,
    ({ setConditions }: Loose) => setConditions(),
  ],
  [
    "an owner that never ends",
    "The owner is an object; it must be",
    INVALID,
    ({ tokyo }: Loose) => tokyo.track({}, "lobby", "bob"),
  ],
  [
    "an update of nobody",
    'holds no key "bob" in topic "lobby"',
    "NOT_TRACKED",
    ({ tokyo }) => tokyo.update("bob", "lobby", "bob", {}),
  ],
];

it.each(misuses)("a simulation refuses %s, and goes on: %s", async (_what, says, code, attempt) => {
  const { tokyo, paris, ...calls } = cast();
  tokyo.track("alice", "lobby", "alice");
  calls.advance(3_000);
  await expectRefusal(() => attempt({ tokyo, paris, ...calls }), code, says);
  paris.track("bob", "lobby", "bob");
  calls.advance(3_000);
  for (const node of [tokyo, paris]) expect(node.keys("lobby")).toEqual(["alice", "bob"]);
});

it("a node that crashed takes no call, and says what to do", async () => {
  const { paris, crash, restart } = cast();
  crash("paris");
  await expectRefusal(
    () => paris.track("bob", "lobby", "bob"),
    INVALID,
    "paris is not running: it crashed or was closed. Restart it first.",
  );
  restart("paris").track("bob", "lobby", "bob");
  expect(paris.keys("lobby")).toEqual(["bob"]);
});

const clock = manualClock();
const lossy = lossyNetwork();

const others: readonly Misuse<undefined>[] = [
  [
    "a clock that goes back",
    "ms is -1; it must be a finite number of at least 0.",
    INVALID,
    () => clock.advance(-1),
  ],
  [
    "a clock moved by a text",
    'ms is "5"; it must be a finite number',
    INVALID,
    () => clock.advance("5" as Loose),
  ],
  [
    "a wall clock moved by nothing",
    "ms is undefined; it must be a finite number.",
    INVALID,
    () => clock.jumpWall(undefined as Loose),
  ],
  [
    "chance without a seed",
    "seed is undefined; it must be a finite number.",
    INVALID,
    () => seededRandom(undefined as Loose),
  ],
  ["a network of null", "options is null; it must be an object.", INVALID, () => lossyNetwork(null as Loose)],
  [
    "a network misspelt",
    'There is no option "condition". Did you mean conditions?',
    INVALID,
    () => lossyNetwork({ condition: {} } as Loose),
  ],
  [
    "a network that loses too much",
    "lossRate is 2; it must be a number from 0 to 1.",
    INVALID,
    () => lossyNetwork({ conditions: { lossRate: 2 } }),
  ],
  [
    "to wrap nothing",
    "pubsub is undefined; it must be a PubSub.",
    INVALID,
    () => lossy.wrap("tokyo", undefined as Loose),
  ],
  [
    "to wrap the wrong way round",
    'pubsub is "tokyo"; it must be a PubSub.',
    INVALID,
    () => lossy.wrap(memoryPubSub() as Loose, "tokyo" as Loose),
  ],
  [
    "a contract with nobody",
    "options is undefined; it must be an object. Pass { alice, bob, topic }.",
    INVALID,
    () => pubSubContract[0]!.run(undefined as Loose),
  ],
  [
    "a contract with a fake",
    "pubsub is an object; it must be a PubSub.",
    INVALID,
    () => pubSubContract[0]!.run({ alice: {}, bob: {}, topic: "a" } as Loose),
  ],
  [
    "a contract about nothing",
    'topic is ""; it must be 1 to 40 letters',
    INVALID,
    () => pubSubContract[0]!.run({ alice: memoryPubSub(), bob: memoryPubSub(), topic: "" }),
  ],
];

it.each(others)("there is no %s: %s", async (_what, says, code, attempt) => {
  await expectRefusal(() => attempt(undefined), code, says);
});

it("what was refused has moved no clock, and cut no link", async () => {
  expect([clock.now(), clock.wallNow()]).toEqual([0, Date.UTC(2026, 0, 1)]);
  const bus = memoryPubSub();
  const tracker = await createTracker({ pubsub: lossy.wrap("tokyo", bus), clock });
  clock.advance(5_000);
  tracker.track("alice", "lobby", "alice");
  expect(tracker.count("lobby")).toBe(1);
  const closing = tracker.close();
  clock.advance(5_000);
  await closing;
});
