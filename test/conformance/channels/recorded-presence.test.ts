import { Presence } from "phoenix";
import { describe, expect, it } from "vitest";
import { PresenceClient, syncCounts } from "../../../src/client/index.ts";
import { FakeChannel } from "../../client/fake-channel.ts";
import { bundledTraceLines } from "../trace-file.ts";
import { messageOf } from "./channel-message.ts";
import type { ChannelTrace } from "./channel-trace.ts";
import { type ClientCallback, officialTrace } from "./official-client-replay.ts";
import { recordedTrace } from "./trace-fixtures.ts";

const scenarios = bundledTraceLines("channels")
  .map((line) => (JSON.parse(line) as { scenario: string }).scenario)
  .filter((scenario) => scenario.startsWith("official-"));

describe("the official Presence and PresenceClient call back as recorded when they receive the messages of", () => {
  let compared = 0;
  for (const scenario of scenarios) {
    const { trace, json } = officialTrace(scenario);
    for (const conn of trace.connections.keys()) {
      const recorded = json.callbacks.filter(
        (each) => each.conn === conn && each.what.startsWith("presence."),
      );
      const hasCounts = json.callbacks.some(({ what }) => what.startsWith("exception"));
      if (recorded.length === 0 || hasCounts) continue;
      compared++;
      it(`${scenario}, ${conn}`, () => {
        const { official, ours } = feed(trace, conn);
        expect(official).toEqual(recorded.map(withoutFrame));
        expect(ours).toEqual(official);
      });
    }
  }

  it("more than four connections", () => {
    expect(compared).toBeGreaterThan(4);
  });

  it("burst-join-state-before-own-diff, with all sixty presences in their state", () => {
    const { official, ours, state } = feed(recordedTrace("burst-join-state-before-own-diff/raw/2.0.0"), "c0");
    expect(ours).toEqual(official);
    expect(Object.keys(state)).toHaveLength(60);
    expect(Object.values(state).every(({ metas }) => metas.length === 1)).toBe(true);
  });
});

it("syncCounts adds up recorded counts, which make the official Presence throw", () => {
  const { trace, json } = officialTrace("official-presence-count-fetch");
  const thrown = json.callbacks.find(({ what }) => what.startsWith("exception"))!["message"];
  expect(() => feed(trace, "A")).toThrow(thrown as string);
  const messages = recordedTrace("presence-count-fetch/raw/2.0.0").frames.flatMap((frame) => {
    return frame.conn === "A" && frame.from === "server" && frame.output.kind === "text"
      ? [messageOf(frame.output.json)]
      : [];
  });
  const at = messages.findIndex(({ event }) => event === "presence_state");
  let counts = messages[at]!.payload as { [key: string]: { count: number } };
  expect(counts).toEqual({ users: { count: 0 }, viewers: { count: 1 } });
  for (const { payload } of messages.slice(at + 1)) counts = syncCounts(counts, payload as never);
  expect(counts).toEqual({ users: { count: 1 }, viewers: { count: 1 } });
});

/** Passes the recorded messages of a connection to both implementations. Returns the callbacks of each. */
function feed(trace: ChannelTrace, conn: string) {
  const channel = new FakeChannel();
  const [official, ours]: [ClientCallback[], ClientCallback[]] = [[], []];
  const officialPresence = new Presence(channel.asPhoenix());
  const ourPresence = new PresenceClient(channel);
  const state = (): object => (officialPresence as unknown as { state: object }).state;
  recordCallbacks(officialPresence, state, official, conn);
  recordCallbacks(ourPresence, () => ourPresence.state, ours, conn);
  for (const frame of trace.frames) {
    if (frame.conn !== conn || frame.from !== "server" || frame.output.kind !== "text") continue;
    const { event, payload, ref } = messageOf(frame.output.json);
    const joinRef = (frame.output.json as unknown[])[0];
    if (event === "phx_reply" && ref === joinRef) channel.rejoin();
    if (String(event).startsWith("presence_")) channel.push(String(event), structuredClone(payload));
  }
  return { official, ours, state: ourPresence.state };
}

function recordCallbacks(
  presence: Presence | PresenceClient,
  state: () => object,
  calls: ClientCallback[],
  conn: string,
): void {
  const record = (what: string, details: object): void => {
    calls.push(JSON.parse(JSON.stringify({ conn, what: `presence.${what}`, ...details })));
  };
  presence.onJoin((key: string | undefined, current: unknown, joined: unknown) => {
    record("onJoin", { key, current: current ?? null, new: joined });
  });
  presence.onLeave((key: string | undefined, current: unknown, left: unknown) =>
    record("onLeave", { key, current, left }),
  );
  presence.onSync(() => record("onSync", { list: state() }));
}

function withoutFrame({
  after_frame,
  ...callback
}: ClientCallback & { readonly after_frame: number }): ClientCallback {
  return callback as ClientCallback;
}
