import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import {
  createEndpoint,
  type EndpointDiagnostics,
  type EndpointOptions,
  type ErrorOrigin,
  RefusedError,
} from "../../src/phoenix/index.ts";
import { manualClock } from "../../src/testing/index.ts";
import { RawClient } from "./raw-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";
import { rawUpgrade, statusOf } from "./upgrade-request.ts";

type Trace = EndpointDiagnostics["rollcall:connection:refused"];

/** An endpoint with the traces that it leaves of what it refuses: its calls of onError, and its diagnostics messages. */
async function serveTraced(options: EndpointOptions = {}) {
  const errors: { error: Error; where: ErrorOrigin }[] = [];
  const traces: Trace[] = [];
  const listen = (message: unknown): void => void traces.push(message as Trace);
  subscribe("rollcall:connection:refused", listen);
  onTestFinished(() => void unsubscribe("rollcall:connection:refused", listen));
  const cast = await serveEndpoint({
    clusterName: "town",
    connect: (params) => params.get("user") !== "mallory" && { assigns: {}, id: "users:1" },
    onError: (error, where) => void errors.push({ error, where }),
    ...options,
  });
  cast.endpoint.channel("room:*", { join: () => {} });
  return { ...cast, errors, traces };
}

/** What both traces of one refusal have in common. */
function expectTraces(
  { errors, traces }: Awaited<ReturnType<typeof serveTraced>>,
  { reason, status, closeCode, ...where }: Omit<Trace, "clusterName">,
  message: string,
): void {
  const details = { reason, ...(status && { status }), ...(closeCode && { closeCode }) };
  expect(traces).toEqual([{ clusterName: "town", ...details, ...where }]);
  expect(errors.map((each) => each.where)).toEqual([where]);
  const { error } = errors[0]!;
  expect(error).toBeInstanceOf(RefusedError);
  expect(error).toMatchObject({ name: "RefusedError", code: "REFUSED", ...details });
  expect(error.message).toContain(message);
}

describe("an upgrade that is refused leaves an error and a diagnostics message:", () => {
  it("an origin that checkOrigin does not allow, which is shortened", async () => {
    const cast = await serveTraced({ checkOrigin: ["//example.com"] });
    const origin = `http://evil.example/${"x".repeat(1_000)}`;
    expect(await statusOf(cast.port, undefined, { origin })).toBe(403);
    const message =
      'The Origin header is "http://evil.example/xxxxxxxxxxxxxxxxxxx"…; checkOrigin does not allow it.';
    expectTraces(cast, { reason: "origin", status: 403, during: "checkOrigin" }, message);
  });

  it("an unknown vsn", async () => {
    const cast = await serveTraced();
    expect(await statusOf(cast.port, "/socket/websocket?vsn=3.0.0&token=s3cret")).toBe(403);
    const message = 'vsn is "3.0.0"; it must be 2.0.x or 1.0.x.';
    expectTraces(cast, { reason: "version", status: 403, during: "upgrade" }, message);
  });

  it("a connect that returns false", async () => {
    const cast = await serveTraced();
    expect(await statusOf(cast.port, "/socket/websocket?vsn=2.0.0&user=mallory")).toBe(403);
    expectTraces(cast, { reason: "connect", status: 403, during: "connect" }, "connect refused a client");
    expect(cast.errors[0]!.error.message).not.toContain("mallory");
  });

  it("parameters that can't be decoded", async () => {
    const cast = await serveTraced();
    expect(await statusOf(cast.port, "/socket/websocket?user=%")).toBe(400);
    expectTraces(cast, { reason: "malformed", status: 400, during: "upgrade" }, "malformed");
  });

  it("a handshake that ws refuses", async () => {
    const cast = await serveTraced();
    expect(await statusOf(cast.port, undefined, { "sec-websocket-version": "5" })).toBe(400);
    expectTraces(cast, { reason: "malformed", status: 400, during: "upgrade" }, "malformed");
  });

  it.each<[EndpointOptions, string, number]>([
    [{ maxConnections: 1 }, "maxConnections", 503],
    [{ maxConnectionsPerAddress: 1 }, "maxConnectionsPerAddress", 429],
  ])("the limit %o", async (options, reason, status) => {
    const cast = await serveTraced(options);
    await cast.client();
    expect(await statusOf(cast.port)).toBe(status);
    expectTraces(cast, { reason: reason as "maxConnections", status, during: "upgrade" }, reason);
  });

  it("a connect that takes too long", async () => {
    const clock = manualClock();
    let isAsked = false;
    const cast = await serveTraced({
      clock,
      connect: () => {
        isAsked = true;
        return new Promise(() => {});
      },
    });
    const client = rawUpgrade(cast.port);
    await waitUntil(() => isAsked, "connect to be called");
    clock.advance(10_000);
    expect(await client.status()).toBe(503);
    expectTraces(cast, { reason: "timeout", status: 503, during: "connect" }, "raise connectTimeoutMs");
  });

  it("a connect that throws: the error itself", async () => {
    const cast = await serveTraced({ connect: () => Promise.reject(new Error("no database")) });
    expect(await statusOf(cast.port)).toBe(500);
    expect(cast.errors).toEqual([{ error: new Error("no database"), where: { during: "connect" } }]);
    expect(cast.traces).toEqual([{ clusterName: "town", reason: "error", status: 500, during: "connect" }]);
  });
});

describe("a client that is closed leaves an error and a diagnostics message:", () => {
  it.each<[string, string | Buffer, Pick<Trace, "reason"> & { closeCode: number }, string]>([
    [
      "a message that is too large",
      "x".repeat(1_001),
      { reason: "maxFrameBytes", closeCode: 1009 },
      "more than 1000 bytes",
    ],
    ["a message that is no JSON", "nonsense", { reason: "message", closeCode: 1011 }, "could not be decoded"],
    [
      "bytes that are no message",
      Buffer.from([9, 9, 9]),
      { reason: "message", closeCode: 1011 },
      "could not be decoded",
    ],
  ])("%s", async (_what, message, details, text) => {
    const cast = await serveTraced({ maxFrameBytes: 1_000 });
    const alice = await cast.client();
    alice.send(message);
    expect(await alice.closeCode()).toBe(details.closeCode);
    expectTraces(cast, { ...details, during: "receive", id: "users:1" }, text);
  });

  it.each<[string, number[], number]>([
    ["a frame without a mask", [0x81, 0x01, 0x61], 1002],
    ["text that is not UTF-8", [0x81, 0x81, 0, 0, 0, 0, 0xff], 1007],
  ])("%s", async (_what, frame, closeCode) => {
    const cast = await serveTraced();
    const client = rawUpgrade(cast.port);
    expect(await client.status()).toBe(101);
    client.tcp.write(Buffer.from(frame));
    await waitUntil(() => cast.traces.length > 0, "the trace");
    expectTraces(
      cast,
      { reason: "protocol", closeCode, during: "receive", id: "users:1" },
      "WebSocket protocol",
    );
    client.tcp.destroy();
  });

  it("a flood of messages, once", async () => {
    const cast = await serveTraced({ clock: manualClock(), maxMessagesPerSecond: 5 });
    const alice = await cast.client();
    alice.send(...Array.from({ length: 100 }, () => [null, "1", "phoenix", "heartbeat", {}]));
    expect(await alice.closeCode()).toBe(1008);
    const expected = {
      reason: "maxMessagesPerSecond",
      closeCode: 1008,
      during: "receive",
      id: "users:1",
    } as const;
    expectTraces(cast, expected, "more than 50 messages");
  });

  it("none, if the client closes or breaks its connection itself", async () => {
    const { client, endpoint, errors, traces } = await serveTraced();
    const [alice, bob] = [await client(), await client()];
    alice.socket.close(1000);
    bob.socket.terminate();
    await waitUntil(() => endpoint.socketCount === 0, "both to be gone");
    expect([errors, traces]).toEqual([[], []]);
  });
});

describe("an unmatched topic leaves an error and a diagnostics message:", () => {
  it.each([
    [
      "a join of a topic without a channel",
      ["1", "1", "game:secret", "phx_join", {}],
      "join",
      "has no channel",
    ],
    [
      "a message to a topic that was not joined",
      [null, "1", "game:secret", "shot", {}],
      "receive",
      "has not joined",
    ],
  ] as const)("%s", async (_what, message, during, text) => {
    const cast = await serveTraced();
    const alice = await cast.client();
    alice.send(message);
    expect(await alice.settle()).toHaveLength(1);
    expectTraces(cast, { reason: "topic", during, topic: "game:secret", id: "users:1" }, text);
    expect(cast.errors[0]!.error.message).not.toContain("secret");
  });

  it("none for a heartbeat, or a leave of a topic that was not joined", async () => {
    const { client, errors, traces } = await serveTraced();
    const alice = await client();
    alice.send(["1", "1", "room:a", "phx_leave", {}], [null, "2", "phoenix", "heartbeat", {}]);
    await alice.settle();
    expect([errors, traces]).toEqual([[], []]);
  });
});

it("an onError that throws changes nothing for the client, and by default a refusal is a warning of the process", async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on("warning", listen);
  onTestFinished(() => void process.off("warning", listen));
  const throwing = await serveEndpoint({
    connect: () => false,
    onError: () => {
      throw new Error("the log is full");
    },
  });
  expect(await statusOf(throwing.port)).toBe(403);
  const quiet = await createEndpoint({ connect: () => false });
  quiet.attach(throwing.server, { path: "/quiet" });
  expect(await statusOf(throwing.port, "/quiet/websocket?vsn=2.0.0")).toBe(403);
  await waitUntil(() => warnings.length === 2, "two warnings");
  expect(warnings.map(({ message }) => message)).toEqual([
    "the log is full",
    expect.stringContaining("connect refused a client"),
  ]);
  await quiet.close();
  const late = new RawClient(throwing.url());
  late.socket.terminate();
});
