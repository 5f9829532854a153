import { fork, spawn } from "node:child_process";
import cluster, { type Worker as ClusterWorker } from "node:cluster";
import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import * as http2 from "node:http2";
import { type AddressInfo, connect, createServer as createTcpServer, Socket } from "node:net";
import { createInterface } from "node:readline";
import { PassThrough, Readable } from "node:stream";
import { BroadcastChannel, MessageChannel, Worker } from "node:worker_threads";
import { Server as SocketIoServer } from "socket.io";
import { io } from "socket.io-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createTracker, memoryPubSub } from "../../../src/index.ts";
import { assertOwner, hasEnded, type Owner, watchEnd } from "../../../src/tracker/owners/owner.ts";

// The real objects of each family: in use, at their end, and after it.

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Case {
  readonly owner: unknown;
  /** Ends it as its family does. */
  readonly end: () => unknown;
  /** Resolves when it has ended. */
  readonly ended: () => Promise<unknown>;
}

const families: Readonly<Record<string, () => Promise<Case> | Case>> = {
  async "an engine.io socket"() {
    const { engineSocket } = await socketIo();
    return { owner: engineSocket, end: () => engineSocket.close(), ended: () => once(engineSocket, "close") };
  },

  async "an engine.io socket whose client leaves"() {
    const { engineSocket, client } = await socketIo();
    return { owner: engineSocket, end: () => client.close(), ended: () => once(engineSocket, "close") };
  },

  async "a Socket.IO socket of the server"() {
    const { socket } = await socketIo();
    return { owner: socket, end: () => socket.disconnect(), ended: async () => {} };
  },

  async "a Socket.IO socket of the client"() {
    const { client, socket } = await socketIo();
    return {
      owner: client,
      end: () => socket.disconnect(),
      ended: () => vi.waitUntil(() => client.disconnected),
    };
  },

  async "a net.Socket"() {
    const server = createTcpServer();
    const client = connect(await listening(server), "127.0.0.1");
    const [socket] = (await once(server, "connection")) as [Socket];
    return {
      owner: socket,
      end: () => socket.destroy(),
      ended: () => once(socket, "close").then(() => client.destroy()),
    };
  },

  async "a ws socket"() {
    const { client, socket } = await ws();
    return { owner: socket, end: () => client.close(), ended: () => once(socket, "close") };
  },

  async "a ws socket of a client"() {
    const { client, socket } = await ws();
    return { owner: client, end: () => socket.terminate(), ended: () => once(client, "close") };
  },

  async "a response"() {
    const { response } = await exchange();
    return { owner: response, end: () => response.end(), ended: () => once(response, "close") };
  },

  async "a response whose client has gone"() {
    const { response, client } = await exchange();
    return { owner: response, end: () => client.destroy(), ended: () => once(response, "close") };
  },

  async "a response of HTTP/2"() {
    const { response } = await exchange2();
    return { owner: response, end: () => response.end(), ended: () => once(response, "close") };
  },

  async "a session of HTTP/2"() {
    const { response } = await exchange2();
    const { session } = response.stream;
    return { owner: session, end: () => session!.destroy(), ended: () => once(session!, "close") };
  },

  "a process"() {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
    return { owner: child, end: () => child.kill("SIGKILL"), ended: () => once(child, "exit") };
  },

  async "a process whose output another process keeps open"() {
    const idle = "setInterval(() => {}, 1e6)";
    const options = '{ stdio: ["ignore", "inherit", "inherit"] }';
    const code = `
      const { spawn } = require("node:child_process");
      console.log(spawn(process.execPath, ["-e", ${JSON.stringify(idle)}], ${options}).pid);
      ${idle}`;
    const child = spawn(process.execPath, ["-e", code]);
    const [pid] = await once(child.stdout, "data");
    closers.push(() => process.kill(Number(pid), "SIGKILL"));
    return { owner: child, end: () => child.kill("SIGKILL"), ended: () => once(child, "exit") };
  },

  "a forked process that disconnects before it exits"() {
    const child = fork("-e", ["process.disconnect(); setInterval(() => {}, 1e6)"], {
      execPath: process.execPath,
    });
    return {
      owner: child,
      end: () => child.kill("SIGKILL"),
      ended: () =>
        child.exitCode === null && child.signalCode === null ? once(child, "exit") : Promise.resolve(),
    };
  },

  "a stream"() {
    const stream = new PassThrough();
    return { owner: stream, end: () => stream.destroy(), ended: () => once(stream, "close") };
  },

  "a readline interface"() {
    const lines = createInterface({ input: new Readable({ read() {} }) });
    return { owner: lines, end: () => lines.close(), ended: async () => {} };
  },

  // Objects of libraries and runtimes that are not here, by their documentation.
  "an RTCDataChannel": () => target({ readyState: "open" }, { readyState: "closed" }),
  "a SockJS connection": () => emitter({ readyState: 1 }, { readyState: 3 }),
  "a WebSocket of a browser or Deno": () => target({ readyState: 1 }, { readyState: 3 }),
};

describe.each(Object.entries(families))("%s", (_, make) => {
  it("ends when it closes, and has ended then", async () => {
    const { owner, end, ended } = await make();
    assertOwner(owner);
    expect(hasEnded(owner)).toBe(false);
    const onEnd = vi.fn();
    watchEnd(owner, onEnd);
    const isOver = ended();
    end();
    await isOver;
    await vi.waitUntil(() => onEnd.mock.calls.length > 0);
    expect(onEnd).toHaveBeenCalledOnce();
    expect(hasEnded(owner)).toBe(true);
  });

  it("is no ghost when it is tracked after its end", async () => {
    const { owner, end, ended } = await make();
    const isOver = ended();
    end();
    await isOver;
    const tracker = await createTracker({ pubsub: memoryPubSub() });
    tracker.track(owner as Owner, "lobby", "alice");
    expect(tracker.list("lobby")).toEqual([]);
    await tracker.close();
  });
});

it("a socket that is not connected yet, or half closed, has not ended", async () => {
  expect(hasEnded(new Socket())).toBe(false);
  const server = createTcpServer({ allowHalfOpen: true });
  const client = connect(await listening(server), "127.0.0.1");
  const [socket] = (await once(server, "connection")) as [Socket];
  closers.push(() => client.destroy());
  socket.end();
  await once(client.resume(), "end").catch(() => {});
  expect(hasEnded(socket)).toBe(socket.destroyed);
});

it("a process that was sent a signal has not ended while it runs", async () => {
  const child = spawn(process.execPath, [
    "-e",
    "process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 1e6)",
  ]);
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  expect([child.killed, hasEnded(child)]).toEqual([true, false]);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(hasEnded(child)).toBe(true);
});

it("a process that could not start has ended", async () => {
  const child = spawn("/does/not/exist");
  child.on("error", () => {});
  expect(hasEnded(child)).toBe(true);
  await new Promise((resolve) => child.on("close", resolve));
});

it("a MessagePort ends when the other side closes", async () => {
  const { port1, port2 } = new MessageChannel();
  const onEnd = vi.fn();
  assertOwner(port1);
  watchEnd(port1, onEnd);
  port2.close();
  await vi.waitUntil(() => onEnd.mock.calls.length > 0);
});

describe("an owner whose end can't be seen", () => {
  const refused = (owner: unknown) => {
    try {
      assertOwner(owner);
      return "accepted";
    } catch (error) {
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", name: "InvalidArgumentError" });
      return (error as Error).message;
    }
  };

  it("is refused with advice: a Worker", async () => {
    const worker = new Worker("", { eval: true });
    closers.push(() => worker.terminate());
    expect(refused(worker)).toMatch(
      /^The owner is a Worker, which emits exit .* Pass a string instead, and call end/,
    );
  });

  it("is refused with advice: a worker of node:cluster, but not its process", async () => {
    cluster.setupPrimary({ exec: "-e", args: ["setInterval(() => {}, 1e6)"], silent: true });
    const worker: ClusterWorker = cluster.fork();
    closers.push(async () => {
      const exited = once(worker, "exit");
      worker.process.kill("SIGKILL");
      await exited;
    });
    expect(refused(worker)).toMatch(/^The owner is a worker of node:cluster, .* Pass worker\.process/);
    expect(refused(worker.process)).toBe("accepted");
  });

  it("is refused with advice: a BroadcastChannel, but not a MessagePort", () => {
    const channel = new BroadcastChannel("news");
    closers.push(() => channel.close());
    expect(refused(channel)).toMatch(/^The owner is a BroadcastChannel, .* Pass a string instead/);
    const { port1 } = new MessageChannel();
    closers.push(() => port1.close());
    expect(refused(port1)).toBe("accepted");
  });

  it.each([
    [
      "a spark of Primus",
      Object.assign(new EventEmitter(), { primus: {}, readyState: 3, id: "1" }),
      /spark\.id, when the spark emits end/,
    ],
    [
      "an EventSource",
      Object.assign(new EventTarget(), { readyState: 1, url: "http://localhost", withCredentials: false }),
      /Pass a string instead, and call end with it where you close it/,
    ],
    [
      "a Worker of a browser, Deno or Bun",
      Object.assign(new EventTarget(), { postMessage() {}, terminate() {} }),
      /The owner is a Worker/,
    ],
    [
      "an RTCPeerConnection",
      Object.assign(new EventTarget(), { connectionState: "connected", createDataChannel() {} }),
      /Pass one of its data channels/,
    ],
  ])("is refused with advice: %s", (_, owner, advice) => {
    expect(refused(owner)).toMatch(advice);
  });

  it("changes nothing", async () => {
    const tracker = await createTracker({ pubsub: memoryPubSub() });
    const channel = new BroadcastChannel("news");
    expect(() => tracker.track(channel as never, "lobby", "alice")).toThrow(TypeError);
    expect(tracker.list("lobby")).toEqual([]);
    channel.close();
    await tracker.close();
  });
});

async function listening(
  server: { listen(port: number, host: string): unknown; close(): unknown } & EventEmitter,
) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  return ((server as unknown as Socket).address() as AddressInfo).port;
}

async function socketIo() {
  const server = createServer();
  const sockets = new SocketIoServer(server);
  const port = await listening(server);
  closers.push(() => sockets.close());
  const client = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], reconnection: false });
  closers.push(() => client.close());
  const connected = once(client as unknown as EventEmitter, "connect");
  const [socket] = await once(sockets as unknown as EventEmitter, "connection");
  await connected;
  return { socket, client, engineSocket: socket.conn };
}

async function ws() {
  const server = createServer();
  const webSockets = new WebSocketServer({ server });
  const client = new WebSocket(`ws://127.0.0.1:${await listening(server)}`);
  const opened = once(client, "open");
  const [socket] = (await once(webSockets, "connection")) as [WebSocket];
  await opened;
  return { client, socket };
}

async function exchange() {
  const server = createServer();
  const client = request({ port: await listening(server), host: "127.0.0.1" });
  client.on("error", () => {}).on("response", (response) => response.resume());
  client.end();
  const [, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  closers.push(() => client.destroy());
  return { client, response };
}

async function exchange2() {
  const server = http2.createServer();
  const client = http2.connect(`http://127.0.0.1:${await listening(server)}`);
  client.on("error", () => {});
  closers.push(() => client.destroy());
  client
    .request({ ":path": "/" })
    .on("error", () => {})
    .resume();
  const [, response] = (await once(server, "request")) as [unknown, http2.Http2ServerResponse];
  return { response };
}

/** An object with the documented states of its family before and after its end. */
function target(open: object, closed: object): Case {
  const owner = Object.assign(new EventTarget(), open);
  const end = () => {
    Object.assign(owner, closed);
    owner.dispatchEvent(new Event("close"));
  };
  return { owner, end, ended: async () => {} };
}

function emitter(open: object, closed: object): Case {
  const owner = Object.assign(new EventEmitter(), open);
  const end = () => {
    Object.assign(owner, closed);
    owner.emit("close");
  };
  return { owner, end, ended: async () => {} };
}
