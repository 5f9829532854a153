import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { memoryPubSub } from "../../src/index.ts";
import { IdleWatch } from "../../src/phoenix/limits/idle-watch.ts";
import { PollSession } from "../../src/phoenix/longpoll/poll-session.ts";
import { RelayLink } from "../../src/phoenix/longpoll/relay-link.ts";
import { RemoteHost } from "../../src/phoenix/longpoll/remote-host.ts";
import { manualClock } from "../../src/testing/index.ts";

const TIMEOUT_MS = 2_000;

/** A session whose first message fails, and the messages that came after it. */
function failingSession() {
  const clock = manualClock();
  const heard: string[] = [];
  const session = new PollSession("session 1", "token 1", {
    clientId: undefined,
    maxFrameBytes: 1_000,
    watch: new IdleWatch(clock, TIMEOUT_MS, () => {}),
    onEnd: () => {},
  });
  let isFirst = true;
  session.listen({
    message(data) {
      if (!isFirst) return void heard.push(Buffer.from(data).toString());
      isFirst = false;
      throw new Error("the first message fails");
    },
    active() {},
    ping() {},
    failed() {},
    closed() {},
  });
  return { clock, session, heard };
}

describe("a session whose connection fails to handle a message", () => {
  it("handles the next bodies all the same", async () => {
    const { session, heard } = failingSession();
    const bodies = ["first", "second", "third"].map((text) => session.receive(Buffer.from(text), false));
    const results = await Promise.allSettled(bodies);
    expect(results).toMatchObject([
      { status: "rejected", reason: { message: "the first message fails" } },
      { status: "fulfilled", value: true },
      { status: "fulfilled", value: true },
    ]);
    expect(heard).toEqual(["second", "third"]);
  });

  it("reports it, and answers the node that passed the body on", async () => {
    const { clock, session, heard } = failingSession();
    const pubsub = memoryPubSub();
    const errors: unknown[] = [];
    const answers: string[] = [];
    const error = (thrown: unknown): void => void errors.push(thrown);
    const unsigned = { secret: undefined, acceptUnsigned: false };
    const common = { pubsub, clusterName: "rollcall", clock, error, ...unsigned };
    const tokyo: RelayLink = new RelayLink({
      ...common,
      node: "tokyo",
      receive: (...given) => host.receive(...given),
    });
    const host = new RemoteHost({
      ...{ link: tokyo, clock, timeoutMs: TIMEOUT_MS, error },
      find: () => session,
    });
    const paris = new RelayLink({
      ...{ ...common, node: "paris" },
      receive: (_from, { kind, id }) => void answers.push(`${id} ${kind}`),
    });
    await Promise.all([tokyo.subscribe(), paris.subscribe()]);
    for (const id of ["first", "second"]) {
      paris.send("tokyo", { kind: "post", id, session: session.id, isBatch: false }, Buffer.from(id));
      for (let turn = 0; turn < 5; turn++) await nextTurn();
    }
    expect(errors).toMatchObject([{ message: "the first message fails" }]);
    expect(answers).toEqual(["first taken", "first gone", "second taken", "second posted"]);
    expect(heard).toEqual(["second"]);
  });
});
