import { describe, expect, it } from "vitest";
import { createPresence, createTracker, memoryPubSub } from "../../src/index.ts";
import { createEndpoint } from "../../src/phoenix/index.ts";

const SECRET = "correct horse battery staple";

/** Creates and closes one of these with these options, and returns the error if there is one. */
const creations: Record<string, (options: object) => Promise<{ close(): unknown }>> = {
  createTracker: (options) => createTracker({ pubsub: memoryPubSub(), ...options }),
  createPresence: (options) => createPresence({ pubsub: memoryPubSub(), ...options }),
  createEndpoint: (options) => createEndpoint({ pubsub: memoryPubSub(), ...options }),
};

describe.each(Object.entries(creations))("%s", (_, create) => {
  it.each<[string, object, string]>([
    [
      "an empty secret",
      { secret: "" },
      "secret is a string of 0 characters; it must be a string of at least 16",
    ],
    ["a short secret", { secret: "hunter2" }, "secret is a string of 7 characters"],
    ["null", { secret: null }, "secret is null"],
    ["a number", { secret: 1234567890123456 }, "secret is a number"],
    ["bytes", { secret: Buffer.from(SECRET) }, "secret is an object"],
    ["no secrets", { secret: [] }, "secret is an empty array"],
    ["a list with a short secret", { secret: [SECRET, "hunter2"] }, "secret[1] is a string of 7 characters"],
    ["a list with a hole", { secret: [SECRET, undefined] }, "secret[1] is undefined"],
    ["a list in a list", { secret: [[SECRET]] }, "secret[0] is an array"],
    ["the same secret twice", { secret: [SECRET, `${SECRET}!`, SECRET] }, "secret[2] is equal to secret[0]"],
    [
      "acceptUnsigned that is a string",
      { secret: SECRET, acceptUnsigned: "true" },
      "acceptUnsigned is a string",
    ],
    ["acceptUnsigned without a secret", { acceptUnsigned: true }, "must come with a secret"],
  ])("refuses %s, and its error shows no secret", async (_what, options, message) => {
    const refusal = await create(options).then(
      () => undefined,
      (error: unknown) => error as Error & { code: string },
    );
    expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) });
    expect(`${refusal?.message} ${refusal?.stack}`).not.toMatch(/hunter2|horse|1234567890123456/);
  });

  it.each([
    ["one secret", { secret: SECRET }],
    ["several secrets", { secret: [SECRET, `${SECRET}!`] }],
    ["a secret while it is introduced", { secret: SECRET, acceptUnsigned: true }],
    ["no secret", { secret: undefined, acceptUnsigned: false }],
  ])("accepts %s", async (_what, options) => {
    await (await create(options)).close();
  });
});
