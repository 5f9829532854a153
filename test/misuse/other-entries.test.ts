import { afterAll, expect, it, onTestFinished, vi } from "vitest";
import { createPresence, createTracker, memoryPubSub } from "../../src/index.ts";
import { inspector } from "../../src/inspector/index.ts";
import { authTokenOf } from "../../src/phoenix/index.ts";
import { diffs, presenceStreams } from "../../src/testing/arbitraries/index.ts";
import { expectRefusal, INVALID, type Loose, type Misuse } from "./refusal.ts";

const presence = await createPresence({ pubsub: memoryPubSub() });

afterAll(() => presence.close());

const misuses: readonly Misuse<undefined>[] = [
  [
    "an inspector of undefined",
    "presence is undefined; it must be a presence or a tracker. Await",
    INVALID,
    () => inspector(undefined as Loose),
  ],
  [
    "an inspector of a promise",
    "presence is a Promise; it must be a presence or a tracker. Await what creates it.",
    INVALID,
    () => inspector(createTracker({ pubsub: undefined as Loose }).catch(() => undefined) as Loose),
  ],
  ["an inspector of a pub/sub", "presence is an object", INVALID, () => inspector(memoryPubSub() as Loose)],
  [
    "an inspector at a path without a slash",
    'path is "presence"; it must be a path such as "/presence"',
    INVALID,
    () => inspector(presence, { path: "presence" }),
  ],
  [
    "an inspector at a number as path",
    "path is 4001; it must be a path",
    INVALID,
    () => inspector(presence, { path: 4_001 as Loose }),
  ],
  [
    "an inspector with a fraction as maxTopics",
    "maxTopics is 0.5; it must be a whole number of at least 1",
    INVALID,
    () => inspector(presence, { maxTopics: 0.5 }),
  ],
  [
    "an inspector with a misspelled option",
    'There is no option "maxTopic". Did you mean maxTopics?',
    INVALID,
    () => inspector(presence, { maxTopic: 5 } as Loose),
  ],
  [
    "an inspector with null as options",
    "options is null; it must be an object.",
    INVALID,
    () => inspector(presence, null as Loose),
  ],
  [
    "authTokenOf undefined",
    "request is undefined; it must be an IncomingMessage. It is the second argument of connect.",
    INVALID,
    () => authTokenOf(undefined as Loose),
  ],
  [
    "authTokenOf a URLSearchParams",
    "request is a URLSearchParams; it must be an IncomingMessage.",
    INVALID,
    () => authTokenOf(new URLSearchParams() as Loose),
  ],
  [
    "diffs with a negative length",
    "length is -1; it must be a whole number of at least 0.",
    INVALID,
    () => diffs({ length: -1 }),
  ],
  [
    "diffs with a misspelled option",
    'There is no option "lenght". Did you mean length?',
    INVALID,
    () => diffs({ lenght: 5 } as Loose),
  ],
  [
    "diffs with a string as topics",
    'topics is "lobby"; it must be a list of at least one string',
    INVALID,
    () => diffs({ topics: "lobby" as Loose }),
  ],
  [
    "diffs with an empty topic",
    "topics is an array; it must be a list of at least one string, without empty strings.",
    INVALID,
    () => diffs({ topics: [""] }),
  ],
  [
    "streams without keys",
    "keys is an array; it must be a list of at least one string, without empty strings.",
    INVALID,
    () => presenceStreams({ keys: [] }),
  ],
  [
    "streams with a meta that is no arbitrary",
    "meta is an object; it must be an arbitrary of fast-check",
    INVALID,
    () => presenceStreams({ meta: { typing: true } as Loose }),
  ],
];

it.each(misuses)("%s is refused: %s", async (_what, expected, code, attempt) => {
  const listening = vi.spyOn(presence, "on");
  onTestFinished(() => listening.mockRestore());
  await expectRefusal(() => attempt(undefined), code, expected);
  expect(listening).not.toHaveBeenCalled();
});
