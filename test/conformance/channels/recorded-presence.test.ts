import { Presence } from "phoenix";
import { describe, expect, it } from "vitest";
import { PresenceClient, syncCounts } from "../../../src/client/index.ts";
import { FakeChannel } from "../../client/fake-channel.ts";
import { bundledTraceLines } from "../bundled-traces.ts";
import { messageOf } from "./channel-message.ts";
import type { ChannelTrace } from "./channel-trace.ts";
import { type ClientCallback, officialTrace } from "./official-client-replay.ts";
import { recordedTrace } from "./trace-fixtures.ts";

const scenarios = bundledTraceLines("channels")
  .map((line) => (JSON.parse(line) as { scenario: string }).scenario)
  .filter((scenario) => scenario.startsWith("official-"));

describe("what the reference sent, fed to the official Presence and to ours, is told as it was recorded", () => {
  let fed = 0;
  for (const scenario of scenarios) {
    const { trace, json } = officialTrace(scenario);
    for (const conn of trace.connections.keys()) {
      const told = json.callbacks.filter((each) => each.conn === conn && each.what.startsWith("presence."));
      const isOfCounts = json.callbacks.some(({ what }) => what.startsWith("exception"));
      if (told.length === 0 || isOfCounts) continue;
      fed++;
      it(`${scenario}, ${conn}`, () => {
        const { official, ours } = feed(trace, conn);
        expect(official).toEqual(told.map(withoutFrame));
        expect(ours).toEqual(official);
      });
    }
  }

  it("found traces that tell of presences", () => {
    expect(fed).toBeGreaterThan(4);
  });

  it("burst-join-state-before-own-diff: both know all sixty, and tell the same", () => {
    const { official, ours, state } = feed(recordedTrace("burst-join-state-before-own-diff/raw/2.0.0"), "c0");
    expect(ours).toEqual(official);
    expect(Object.keys(state)).toHaveLength(60);
    expect(Object.values(state).every(({ metas }) => metas.length === 1)).toBe(true);
  });
});

it("counts, which the official Presence throws at, add up by syncCounts", () => {
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

/** Brings what the server said on a connection to both, and hands back what each told. */
function feed(trace: ChannelTrace, conn: string) {
  const channel = new FakeChannel();
  const [official, ours]: [ClientCallback[], ClientCallback[]] = [[], []];
  const theirPresence = new Presence(channel.asPhoenix());
  const ourPresence = new PresenceClient(channel);
  const state = (): object => (theirPresence as unknown as { state: object }).state;
  follow(theirPresence, state, official, conn);
  follow(ourPresence, () => ourPresence.state, ours, conn);
  for (const frame of trace.frames) {
    if (frame.conn !== conn || frame.from !== "server" || frame.output.kind !== "text") continue;
    const { event, payload, ref } = messageOf(frame.output.json);
    const joinRef = (frame.output.json as unknown[])[0];
    if (event === "phx_reply" && ref === joinRef) channel.rejoin();
    if (String(event).startsWith("presence_")) channel.push(String(event), structuredClone(payload));
  }
  return { official, ours, state: ourPresence.state };
}

function follow(
  presence: Presence | PresenceClient,
  state: () => object,
  calls: ClientCallback[],
  conn: string,
): void {
  const tell = (what: string, details: object): void => {
    calls.push(JSON.parse(JSON.stringify({ conn, what: `presence.${what}`, ...details })));
  };
  presence.onJoin((key: string | undefined, current: unknown, joined: unknown) => {
    tell("onJoin", { key, current: current ?? null, new: joined });
  });
  presence.onLeave((key: string | undefined, current: unknown, left: unknown) =>
    tell("onLeave", { key, current, left }),
  );
  presence.onSync(() => tell("onSync", { list: state() }));
}

function withoutFrame({
  after_frame,
  ...callback
}: ClientCallback & { readonly after_frame: number }): ClientCallback {
  return callback as ClientCallback;
}
