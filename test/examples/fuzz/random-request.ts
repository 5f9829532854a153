import type { Dice } from "../../support/dice.ts";

const methods = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "CONNECT", "TRACE", "PATCH", "BREW"];

const strangePaths: readonly string[] = [
  "//",
  "///",
  "//[",
  "//%",
  "/%",
  "/%00",
  "/%E0%A4%A",
  "/..%2f..",
  "/../../etc/passwd",
  "/\\",
  "/:@",
  "/?",
  "/??&=&",
  "/#",
  "*",
  "/\u00ff\u0080",
  "http://",
  "http://[::1",
  "http://user:pass@host:99999/",
  "//host:port/",
  `/${"a".repeat(5_000)}`,
  `/?${"a=b&".repeat(2_000)}`,
];

const hosts: readonly string[] = [
  "localhost",
  "",
  "[::1",
  "a b",
  "evil.example:99999",
  "\u00ff",
  "x".repeat(3_000),
];

const headers: readonly string[] = [
  "Content-Length: 5",
  "Content-Length: -1",
  "Content-Length: 999999999999",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Expect: 100-continue",
  "Expect: tea",
  "Connection: close",
  "Connection: upgrade",
  "Upgrade: websocket",
  "Upgrade: h2c",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Version: 99",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Key: short",
  "Sec-WebSocket-Protocol: phoenix, base64url.bearer.phx.!!!",
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99",
  "Origin: http://evil.example",
  "Origin: null",
  "Origin: http://[",
  "Cookie: a=%; =; __proto__=1",
  "Content-Type: application/json; charset=\u00ff",
  "Last-Event-ID: \u00e9",
  "Accept: text/event-stream",
];

const bodies: readonly string[] = [
  "",
  "hello",
  "{",
  "5\r\nhello\r\n0\r\n\r\n",
  "zz\r\n",
  "\u0000".repeat(100),
];

/** The bytes of a request that may be valid, strange or broken. `paths` are those that the server answers. */
export function randomRequest(dice: Dice, paths: readonly string[]): Buffer {
  const lines = [
    `${dice.pick(methods)} ${randomPath(dice, paths)} HTTP/${dice.pick(["1.1", "1.1", "1.1", "1.0", "9.9"])}`,
  ];
  if (dice.chance(0.9)) lines.push(`Host: ${dice.chance(0.7) ? "localhost" : dice.pick(hosts)}`);
  for (let count = dice.integer(0, 5); count > 0; count--) lines.push(dice.pick(headers));
  const request = Buffer.from(`${lines.join("\r\n")}\r\n\r\n${dice.pick(bodies)}`, "latin1");
  // Some requests stop in the middle.
  return dice.chance(0.1) ? request.subarray(0, dice.integer(0, request.length)) : request;
}

/** The request for a WebSocket, which the server may accept. */
export function upgradeRequest(path: string): Buffer {
  return Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
}

export function randomPath(dice: Dice, paths: readonly string[]): string {
  const path = dice.chance(0.6) ? dice.pick(paths) : dice.pick(strangePaths);
  if (dice.chance(0.1)) return path + dice.pick(strangePaths);
  return dice.chance(0.1) ? `/${path}` : path;
}
