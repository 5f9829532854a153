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
  ["a name in place of a list", 'names is "tokyo"; it must be a list of names.', INVALID, started("tokyo")],
  [
    "a number as a name",
    "The name of a node is 7; it must be a string of 1 to 255 bytes.",
    INVALID,
    started([7]),
  ],
  ["an empty name", 'The name of a node is ""; it must be a string', INVALID, started([""])],
  [
    "the same name twice",
    "There already is a node tokyo. Choose another name.",
    INVALID,
    started(["tokyo", "tokyo"]),
  ],
  [
    "the name of a call",
    "A node cannot have the name crash, because a call of the simulation has it.",
    INVALID,
    started(["crash"]),
  ],
  ["null as options", "options is null; it must be an object.", INVALID, started(["tokyo"], null)],
  ["a misspelled option", 'There is no option "sed".', INVALID, started(["tokyo"], { sed: 5 })],
  ["a pub/sub", 'There is no option "pubsub".', INVALID, started(["tokyo"], { pubsub: memoryPubSub() })],
  [
    "a string as seed",
    'seed is "seven"; it must be a finite number.',
    INVALID,
    started(["tokyo"], { seed: "seven" }),
  ],
  ["a misspelled network condition", 'There is no option "loss".', INVALID, network({ loss: 0.5 })],
  [
    "a loss rate above 1",
    "lossRate is 5; it must be a number from 0 to 1.",
    INVALID,
    network({ lossRate: 5 }),
  ],
  [
    "a single number as delay range",
    "delayMs is 5; it must be two numbers of ms, the smaller one first",
    INVALID,
    network({ delayMs: 5 }),
  ],
  [
    "a delay range with the larger number first",
    "delayMs is an array; it must be two numbers of ms",
    INVALID,
    network({ delayMs: [20, 1] }),
  ],
  [
    "an advance by undefined",
    "ms is undefined; it must be a finite number of at least 0.",
    INVALID,
    ({ advance }: Loose) => advance(),
  ],
  [
    "an advance by a negative time",
    "ms is -1; it must be a finite number of at least 0. Time only moves forward.",
    INVALID,
    ({ advance }) => advance(-1),
  ],
  [
    "an advance by a string",
    'ms is "5000"; it must be a finite number',
    INVALID,
    ({ advance }: Loose) => advance("5000"),
  ],
  [
    "a wall clock jump of NaN",
    "ms is NaN; it must be a finite number. A negative number sets the clock back.",
    INVALID,
    ({ jumpWall }) => jumpWall("paris", Number.NaN),
  ],
  [
    "the name of a missing node",
    "There is no node rome; the nodes are tokyo, paris. Pass one of these names.",
    INVALID,
    ({ crash }) => crash("rome"),
  ],
  [
    "a node in place of its name",
    "There is no node a SimulatedNode; the nodes are tokyo, paris.",
    INVALID,
    ({ isolate, paris }: Loose) => isolate(paris),
  ],
  [
    "a cut with one name",
    "There is no node undefined; the nodes are tokyo, paris.",
    INVALID,
    ({ cut }: Loose) => cut("tokyo"),
  ],
  [
    "names in place of groups",
    'group is "tokyo"; it must be a list of names. Pass one list per group, such as ["tokyo"], ["paris"].',
    INVALID,
    ({ partition }: Loose) => partition("tokyo", "paris"),
  ],
  [
    "undefined as conditions",
    "options is undefined; it must be an object. Pass { lossRate: 0.1 }, for example.",
    INVALID,
    ({ setConditions }: Loose) => setConditions(),
  ],
  [
    "an owner that cannot end",
    "The owner is an object; it must be",
    INVALID,
    ({ tokyo }: Loose) => tokyo.track({}, "lobby", "bob"),
  ],
  [
    "an update of a missing presence",
    'holds no key "bob" in topic "lobby"',
    "NOT_TRACKED",
    ({ tokyo }) => tokyo.update("bob", "lobby", "bob", {}),
  ],
];

it.each(misuses)("a simulation refuses %s and keeps working: %s", async (_what, expected, code, attempt) => {
  const { tokyo, paris, ...calls } = cast();
  tokyo.track("alice", "lobby", "alice");
  calls.advance(3_000);
  await expectRefusal(() => attempt({ tokyo, paris, ...calls }), code, expected);
  paris.track("bob", "lobby", "bob");
  calls.advance(3_000);
  for (const node of [tokyo, paris]) expect(node.keys("lobby")).toEqual(["alice", "bob"]);
});

it("a crashed node refuses calls and says how to restart it", async () => {
  const { paris, crash, restart } = cast();
  crash("paris");
  await expectRefusal(
    () => paris.track("bob", "lobby", "bob"),
    INVALID,
    'paris is not running, because it crashed or closed. Call restart("paris") first.',
  );
  restart("paris").track("bob", "lobby", "bob");
  expect(paris.keys("lobby")).toEqual(["bob"]);
});

const clock = manualClock();
const lossy = lossyNetwork();

const others: readonly Misuse<undefined>[] = [
  [
    "a manual clock advanced by a negative time",
    "ms is -1; it must be a finite number of at least 0.",
    INVALID,
    () => clock.advance(-1),
  ],
  [
    "a manual clock advanced by a string",
    'ms is "5"; it must be a finite number',
    INVALID,
    () => clock.advance("5" as Loose),
  ],
  [
    "a wall clock jump of undefined",
    "ms is undefined; it must be a finite number.",
    INVALID,
    () => clock.jumpWall(undefined as Loose),
  ],
  [
    "random numbers without a seed",
    "seed is undefined; it must be a finite number.",
    INVALID,
    () => seededRandom(undefined as Loose),
  ],
  [
    "a lossy network with null as options",
    "options is null; it must be an object.",
    INVALID,
    () => lossyNetwork(null as Loose),
  ],
  [
    "a lossy network with a misspelled option",
    'There is no option "condition". Did you mean conditions?',
    INVALID,
    () => lossyNetwork({ condition: {} } as Loose),
  ],
  [
    "a lossy network with a loss rate above 1",
    "lossRate is 2; it must be a number from 0 to 1.",
    INVALID,
    () => lossyNetwork({ conditions: { lossRate: 2 } }),
  ],
  [
    "undefined as the wrapped pub/sub",
    "pubsub is undefined; it must be a PubSub.",
    INVALID,
    () => lossy.wrap("tokyo", undefined as Loose),
  ],
  [
    "the arguments of wrap in the wrong order",
    'pubsub is "tokyo"; it must be a PubSub.',
    INVALID,
    () => lossy.wrap(memoryPubSub() as Loose, "tokyo" as Loose),
  ],
  [
    "a contract rule without a cast",
    "options is undefined; it must be an object. Pass { alice, bob, topic }.",
    INVALID,
    () => pubSubContract[0]!.run(undefined as Loose),
  ],
  [
    "a contract rule with an object that is no pub/sub",
    "pubsub is an object; it must be a PubSub.",
    INVALID,
    () => pubSubContract[0]!.run({ alice: {}, bob: {}, topic: "a" } as Loose),
  ],
  [
    "a contract rule with an empty topic",
    'topic is ""; it must be 1 to 40 letters',
    INVALID,
    () => pubSubContract[0]!.run({ alice: memoryPubSub(), bob: memoryPubSub(), topic: "" }),
  ],
];

it.each(others)("refuses %s: %s", async (_what, expected, code, attempt) => {
  await expectRefusal(() => attempt(undefined), code, expected);
});

it("a refused call moves no clock and cuts no link", async () => {
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
