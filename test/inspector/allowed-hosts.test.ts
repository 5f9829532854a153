import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { hostname } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { inspector } from "../../src/inspector/inspector.ts";
import type { InspectorOptions } from "../../src/inspector/inspector-options.ts";
import { createTokyo, inspectTokyo } from "./serve-inspector.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Sends a request as it is, because fetch sets the Host header itself. Returns the status and the body. */
async function requestRaw(url: string, lines: readonly string[]): Promise<{ status: number; body: string }> {
  const { port } = new URL(url);
  const socket = connect(Number(port), "localhost");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.write(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`);
  await once(socket, "close");
  const text = Buffer.concat(chunks).toString();
  return { status: Number(text.split(" ", 2)[1]), body: text.slice(text.indexOf("\r\n\r\n") + 4) };
}

const get = (url: string, host: string, path = "/", ...headers: string[]) =>
  requestRaw(url, [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...headers]);

async function statusesOf(hosts: readonly string[], options?: InspectorOptions) {
  const { url } = await inspectTokyo({}, options);
  return Promise.all(hosts.map(async (host) => [host, (await get(url, host, "/?json")).status]));
}

const withStatus = (hosts: readonly string[], status: number) => hosts.map((host) => [host, status]);

describe("an inspector", () => {
  it("answers for the names of this machine and for IP addresses, with any port and in any case", async () => {
    const hosts = [
      "localhost",
      "localhost:4001",
      "LocalHost:4001",
      "localhost.",
      "tokyo.localhost:80",
      "127.0.0.1",
      "127.0.0.1:4001",
      "127.8.8.8",
      "10.0.0.7:4001",
      "[::1]",
      "[::1]:4001",
      "[::FFFF:127.0.0.1]:4001",
      "[2001:db8::7]",
      hostname(),
      `${hostname().toUpperCase()}:4001`,
    ];
    expect(await statusesOf(hosts)).toEqual(withStatus(hosts, 200));
  });

  it("refuses every other name, so that a page with its own name for this machine can't read it", async () => {
    const hosts = [
      "mallory.example",
      "mallory.example:4001",
      "localhost.mallory.example",
      "127.0.0.1.mallory.example",
      "mallorylocalhost",
      "mallory.example#localhost",
      "localhost@mallory.example",
      "localhost:80@mallory.example",
      "127.1",
      "0x7f000001",
      "2130706433",
      "::1",
      "[::1",
      "[mallory.example]",
      "[127.0.0.1]",
      "localhost:4001:80",
      ".localhost",
      "*.localhost",
      ".",
      "",
    ];
    const statuses = await statusesOf(hosts);
    expect(statuses.filter(([, status]) => status !== 403 && status !== 400)).toEqual([]);
  });

  it.each(["/", "/json", "/?json", "/other"])(
    "refuses %s, with any method, and says what to do",
    async (path) => {
      const { url } = await inspectTokyo();
      for (const method of ["GET", "HEAD", "POST"]) {
        const { status, body } = await requestRaw(url, [
          `${method} ${path} HTTP/1.1`,
          "Host: Mallory.example:4001",
        ]);
        expect([status, body.includes("tokyo")]).toEqual([403, false]);
        if (method === "GET") expect(body).toContain('allowedHosts: ["Mallory.example"]');
      }
    },
  );

  it("does not repeat a host that is no name", async () => {
    const { url } = await inspectTokyo();
    const { status, body } = await get(url, "<b>mallory</b>");
    expect(status).toBe(403);
    expect(body).toContain("Forbidden: the request names no host.\n");
  });

  it("does not trust X-Forwarded-Host, Forwarded or Origin, which the page of a stranger can set", async () => {
    const { url } = await inspectTokyo();
    const headers = ["X-Forwarded-Host: localhost", "Forwarded: host=localhost", "Origin: http://localhost"];
    expect((await get(url, "mallory.example", "/json", ...headers)).status).toBe(403);
    expect((await get(url, "localhost", "/json", "X-Forwarded-Host: mallory.example")).status).toBe(200);
  });

  it("refuses a request without a host", async () => {
    const { url } = await inspectTokyo();
    expect((await requestRaw(url, ["GET /json HTTP/1.0"])).status).toBe(403);
    expect((await requestRaw(url, ["GET /json HTTP/1.1"])).status).toBe(400);
  });

  it("reads the host of HTTP/2", async () => {
    const server = createHttp2Server(inspector(await createTokyo()) as never).listen(0, "localhost");
    await once(server, "listening");
    stops.push(() => server.close());
    const session = connectHttp2(`http://localhost:${(server.address() as AddressInfo).port}`);
    stops.push(() => session.close());
    for (const [authority, expected] of [
      ["localhost", 200],
      ["mallory.example", 403],
    ] as const) {
      const stream = session.request({ ":path": "/json", ":authority": authority });
      const [headers] = await once(stream, "response");
      expect(headers[":status"]).toBe(expected);
      stream.close();
    }
  });
});

describe("allowedHosts", () => {
  it("adds names, in any case, and all names below a domain", async () => {
    const options = { allowedHosts: ["Admin.example.com", "*.internal"] };
    const allowed = ["admin.example.com", "ADMIN.EXAMPLE.COM:443", "a.internal", "a.b.internal", "localhost"];
    expect(await statusesOf(allowed, options)).toEqual(withStatus(allowed, 200));
    const refused = [
      "example.com",
      "b.admin.example.com",
      "internal",
      "ainternal",
      "mallory-internal",
      ".internal",
      "mallory.example",
    ];
    expect(await statusesOf(refused, options)).toEqual(withStatus(refused, 403));
  });

  it("admits every host with true", async () => {
    const hosts = ["mallory.example", "localhost"];
    expect(await statusesOf(hosts, { allowedHosts: true })).toEqual(withStatus(hosts, 200));
  });

  it.each([
    ["http://admin.example.com", "allowedHosts[0]"],
    ["admin.example.com:443", "allowedHosts[0]"],
    ["admin.example.com/presence", "allowedHosts[0]"],
    ["*", "allowedHosts[0]"],
    ["", "allowedHosts[0]"],
  ])("refuses the entry %j and names it", async (entry, named) => {
    const presence = await createTokyo();
    expect(() => inspector(presence, { allowedHosts: [entry] })).toThrow(named);
  });

  it("refuses what is no list", async () => {
    const presence = await createTokyo();
    for (const given of ["localhost", false, null, {}]) {
      expect(() => inspector(presence, { allowedHosts: given as never })).toThrow("allowedHosts");
    }
  });
});
