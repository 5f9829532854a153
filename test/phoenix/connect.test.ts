import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectTcp } from "node:net";
import { describe, expect, it } from "vitest";
import { authTokenOf, createEndpoint, type EndpointOptions } from "../../src/phoenix/index.ts";
import { RawClient, reply } from "./raw-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";
import { rawUpgrade, statusOf } from "./upgrade-request.ts";

describe("an upgrade request", () => {
  it.each([
    ["2.0.0", 101],
    ["2.0.1", 101],
    ["1.0.0", 101],
    ["1.0.5", 101],
    ["2.1.0", 403],
    ["9.0.0", 403],
    ["2", 403],
    ["2.0.0x", 403],
    ["abc", 403],
    ["", 403],
  ])("for version %j gets %d", async (vsn, status) => {
    const { port } = await serveEndpoint();
    expect(await statusOf(port, `/socket/websocket?vsn=${vsn}`)).toBe(status);
  });

  it("without a version speaks 1.0.0", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", { join: () => {} });
    const alice = await client("");
    alice.send({ topic: "room:a", event: "phx_join", payload: {}, ref: "1" });
    expect(await alice.take(1)).toEqual([
      { topic: "room:a", event: "phx_reply", payload: { status: "ok", response: {} }, ref: "1" },
    ]);
  });

  it.each([
    ["/socket", 404],
    ["/socket/longpoll", 404],
    ["/other/websocket", 404],
    ["/", 404],
    ["//", 404],
    ["///?a=b", 404],
    ["*", 404],
    ["/socket/websocket", 101],
    ["/socket/websocket?", 101],
    ["/socket/websocket#top", 101],
    // As Plug splits a path: empty segments are ignored, and nothing else is.
    ["/socket/websocket/", 101],
    ["//socket///websocket//", 101],
    ["/socket/./websocket", 404],
    ["/rooms/../socket/websocket", 404],
    ["/socket\\websocket", 404],
    ["/socket/websocket;a=b", 404],
    // Phoenix compares the segments of a socket as they came.
    ["/%73ocket/websocket", 404],
    ["/socket%2Fwebsocket", 404],
    ["/SOCKET/websocket", 404],
    // A request through a proxy may name the whole URL.
    ["http://example.com/socket/websocket", 101],
    ["https://example.com:8443//socket/websocket?vsn=2.0.0", 101],
    ["http://example.com", 404],
    // As the router of Phoenix and Plug.Conn.Query: what can't be decoded is a bad request.
    ["/socket/websocket%", 400],
    ["/%zz/%", 400],
    ["/caf%C3%A9", 404],
    ["/caf%E9", 400],
    ["/socket/websocket?vsn=2.0.0&user=%", 400],
    ["/socket/websocket?vsn=2.0.0&user=%4", 400],
    ["/socket/websocket?vsn=2.0.0&user=%zz", 400],
    ["/socket/websocket?vsn=2.0.0&%=alice", 400],
    ["/socket/websocket?vsn=2.0.0&user=%ff", 400],
    ["/socket/websocket?vsn=2.0.0&user=%ED%A0%80", 400],
    ["/socket/websocket?&&vsn=2.0.0&&=&a", 101],
    // The last one wins.
    ["/socket/websocket?vsn=9.0.0&vsn=2.0.0", 101],
    ["/socket/websocket?vsn=2.0.0&vsn=9.0.0", 403],
  ])("to %s gets %d", async (path, status) => {
    const { port } = await serveEndpoint();
    expect(await statusOf(port, path)).toBe(status);
  });

  it("to another path is left to the other listeners of the server", async () => {
    const server = createServer();
    const { port } = await serveEndpoint({}, server);
    server.on("upgrade", (_request, connection) => connection.end("HTTP/1.1 418 I'm a teapot\r\n\r\n"));
    expect(await statusOf(port, "/theirs")).toBe(418);
    server.removeAllListeners("upgrade");
  });

  it.each<[string, EndpointOptions["connect"], number]>([
    ["returns assigns", () => ({ assigns: {} }), 101],
    ["returns a promise of them", async () => ({ assigns: {} }), 101],
    ["returns false", () => false, 403],
    ["returns null", () => null, 403],
    ["returns nothing", () => undefined, 403],
    ["throws", () => Promise.reject(new Error("no database")), 500],
  ])("gets the status for a connect that %s", async (_what, connect, status) => {
    const { port, errors } = await serveEndpoint({ connect: connect! });
    expect(await statusOf(port)).toBe(status);
    const messages: { readonly [status: number]: string } = {
      403: "connect refused a client: it returned false, null or nothing. Check what the client sends.",
      500: "no database",
    };
    expect(errors).toEqual(status === 101 ? [] : [[messages[status], { during: "connect" }]]);
  });

  it("with any target gets an answer, and the server goes on", async () => {
    const { port } = await serveEndpoint();
    for (const target of [
      "//",
      "///",
      "//@",
      "/\\",
      "/%",
      "//[",
      "http://",
      "http:///",
      "/?%",
      "a:b",
      "//host:99999/",
    ]) {
      const status = await rawUpgrade(port, target).status();
      expect([400, 404]).toContain(status);
      // Without an upgrade, the requests are for the server alone.
      const tcp = connectTcp(port, "localhost");
      tcp.on("error", () => {});
      tcp.end(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      tcp.resume();
      tcp.destroy();
    }
    expect(await statusOf(port)).toBe(101);
  });

  it("that is malformed gets 400, and one that breaks off leaves no socket behind", async () => {
    let connectCalled = (): void => {};
    const called = new Promise<void>((resolve) => {
      connectCalled = resolve;
    });
    let accept = (): void => {};
    const decided = new Promise<void>((resolve) => {
      accept = resolve;
    });
    const { port, endpoint } = await serveEndpoint({
      connect: async (params) => {
        if (params.has("slow")) {
          connectCalled();
          await decided;
        }
        return { assigns: {} };
      },
    });
    expect(await statusOf(port, undefined, { "sec-websocket-key": "short" })).toBe(400);
    const tcp = connectTcp(port, "localhost");
    tcp.write("GET /socket/websocket?slow=1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n");
    tcp.write("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    tcp.write("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    await called;
    tcp.resetAndDestroy();
    await once(tcp, "close");
    accept();
    expect(await statusOf(port)).toBe(101);
    expect(endpoint.socketCount).toBeLessThanOrEqual(1);
  });
});

describe("checkOrigin", () => {
  const list = ["https://example.com", "//example.org", "//*.example.net", "http://example.com:8080"];
  const others = [
    "HTTPS://Bücher.Example",
    "https://xn--mnchen-3ya.example",
    "//*.日本.example",
    "http://plain.example:80",
    "//ssl.example:443",
    "https://*.deep.example:8443",
    "https://slash.example/",
    "//[2001:DB8::1]",
    "app://Mine",
    "chrome-extension://abcdef",
  ];
  it.each<[EndpointOptions["checkOrigin"], string | undefined, number]>([
    [true, undefined, 101],
    [true, "http://localhost", 101],
    [true, "http://localhost:5173", 101],
    [true, "HTTP://LOCALHOST", 101],
    [true, "http://localhost.evil.com", 403],
    [true, "http://evil.com", 403],
    [true, "null", 403],
    [true, "nonsense", 403],
    [false, "http://evil.com", 101],
    [list, "https://example.com", 101],
    [list, "https://example.com:444", 403],
    [list, "http://example.com", 403],
    [list, "http://example.com:8080", 101],
    [list, "http://example.org:81", 101],
    [list, "http://sub.example.org", 403],
    [list, "https://a.example.net", 101],
    // As in Phoenix, the host itself too.
    [list, "https://example.net", 101],
    [list, "https://A.B.Example.Net:444", 101],
    [list, "https://example.net.evil.com", 403],
    [list, "https://anexample.net", 403],
    [list, undefined, 101],
    [list, "https://*.example.net", 403],
    [list, "https://EXAMPLE.com", 101],
    [list, "HTTPS://example.com:443", 101],
    [list, "https://example.com:80", 403],
    [list, "https://example.com.", 403],
    [list, "https://user@example.com", 403],
    [list, "//example.com", 403],
    [list, "", 403],
    [others, "https://xn--bcher-kva.example", 101],
    [others, "https://b\u00fccher.example", 101],
    [others, "http://xn--bcher-kva.example", 403],
    [others, "https://m\u00fcnchen.example", 101],
    [others, "https://www.xn--wgv71a.example", 101],
    [others, "http://plain.example", 101],
    [others, "http://plain.example:80", 101],
    [others, "http://plain.example:81", 403],
    [others, "https://plain.example", 403],
    [others, "https://ssl.example", 101],
    [others, "http://ssl.example:443", 101],
    [others, "http://ssl.example", 403],
    [others, "https://very.deep.example:8443", 101],
    [others, "https://very.deep.example", 403],
    [others, "https://slash.example", 101],
    [others, "http://[2001:db8:0:0::1]:5173", 101],
    [others, "app://mine", 101],
    [others, "app://mine:1", 403],
    [others, "chrome-extension://abcdef", 101],
    [others, "chrome-extension://other", 403],
    [(origin) => origin === "app://mine", "app://mine", 101],
    [async () => false, "http://localhost", 403],
    // A function is not called without an Origin header.
    [() => false, undefined, 101],
    [() => Promise.reject(new Error("origin")), "http://localhost", 500],
  ])("%s answers a request from %s with %d", async (checkOrigin, origin, status) => {
    const { port } = await serveEndpoint({ checkOrigin: checkOrigin! });
    expect(await statusOf(port, undefined, origin === undefined ? {} : { origin })).toBe(status);
  });
});

describe("connect", () => {
  it("gets the last of parameters with the same name, and all of a list", async () => {
    const all: string[][] = [];
    const { port } = await serveEndpoint({
      connect: (params) => {
        all.push(...params);
        return { assigns: {} };
      },
    });
    const query =
      "user=mallory&user=alice&room[]=a&room[]=b&user=bob+and+%C3%A9+%2B&flag&deep[x]=1&deep[x]=2";
    expect(await statusOf(port, `/socket/websocket?${query}`)).toBe(101);
    expect(all).toEqual([
      ["user", "bob and \u00e9 +"],
      ["room[]", "a"],
      ["room[]", "b"],
      ["flag", ""],
      ["deep[x]", "2"],
    ]);
  });

  it("gets the params and the auth token, and each channel gets a copy of the assigns", async () => {
    const { endpoint, url } = await serveEndpoint({
      connect: (params, request) => ({
        assigns: { user: params.get("user"), token: authTokenOf(request) ?? "none", seen: 0 },
        id: "users:1",
      }),
    });
    endpoint.channel("room:*", {
      join: (_payload, { id, assigns }) => {
        assigns.seen++;
        return { ok: { ...assigns, id } };
      },
    });
    const token = `base64url.bearer.phx.${btoa("s3cret").replace(/=/g, "")}`;
    const alice = await new RawClient(url("vsn=2.0.0&user=alice"), { protocols: ["phoenix", token] }).open();
    expect(alice.socket.protocol).toBe("phoenix");
    alice.send(["1", "1", "room:a", "phx_join", {}], ["2", "2", "room:b", "phx_join", {}]);
    const mine = { user: "alice", token: "s3cret", seen: 1, id: "users:1" };
    expect(await alice.take(2)).toEqual([reply("1", "1", "room:a", mine), reply("2", "2", "room:b", mine)]);
  });
});

describe("createEndpoint", () => {
  it.each<[EndpointOptions, RegExp]>([
    [{ maxChannel: 1 } as EndpointOptions, /There is no option "maxChannel". Did you mean maxChannels\?/],
    [{ checkOrigin: ["example.com"] }, /checkOrigin\[0\] is "example.com"; it must be an origin, as "https:/],
    [{ checkOrigin: ["//a", "https://b", "*"] }, /checkOrigin\[2\] is "\*"; it must be an origin/],
    ...[
      "",
      "//",
      "https://",
      "//*",
      "//*.",
      "//a b",
      "//a:b",
      "//a:99999",
      "//u@a",
      "//a/b",
      "//a?b",
      "//a.*",
      "//[::1",
    ].map((entry): [EndpointOptions, RegExp] => [
      { checkOrigin: ["//a", entry] },
      /checkOrigin\[1\] is ".*"; it must be an origin/,
    ]),
    [{ checkOrigin: [undefined as never] }, /checkOrigin\[0\] is undefined; it must be an origin/],
    [{ checkOrigin: {} as never }, /checkOrigin is an object; it must be true, false, a list/],
    [{ connectTimeoutMs: 0 }, /connectTimeoutMs is 0; it must be a number of ms above 0/],
    [{ maxConnections: 0 }, /maxConnections is 0; it must be a whole number of at least 1, or Infinity/],
    [{ maxConnectionsPerAddress: 1.5 }, /maxConnectionsPerAddress is 1.5; it must be a whole number/],
    [{ addressOf: "x-real-ip" as never }, /addressOf is "x-real-ip"; it must be a function/],
    [{ connect: 5 as never }, /connect is 5; it must be a function/],
    [{ idleTimeoutMs: 0 }, /idleTimeoutMs is 0; it must be a number of ms above 0/],
    [{ maxFrameBytes: 0.5 }, /maxFrameBytes is 0.5; it must be a whole number/],
    [{ clusterName: "a b" }, /clusterName is "a b"/],
    [{ pubsub: {} as never }, /pubsub is an object; it must be a PubSub/],
    [{ clock: {} as never }, /clock is an object; it must be a Clock/],
  ])("refuses the options %o", async (options, message) => {
    await expect(createEndpoint(options)).rejects.toThrow(message);
  });
});

describe("attach", () => {
  it("refuses a path that is taken or malformed", async () => {
    const { endpoint, server } = await serveEndpoint();
    expect(() => endpoint.attach(server, { path: "/socket" })).toThrow(
      /an endpoint of this server uses this path already/,
    );
    for (const path of ["socket", "/socket/", "/a?b", ""]) {
      expect(() => endpoint.attach(server, { path })).toThrow(/it must be the path of the socket/);
    }
  });
});
