import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import * as http2 from "node:http2";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import type { MessagePort } from "node:worker_threads";
import { Server as SocketIoServer, type Socket as SocketIoSocket } from "socket.io";
import { io } from "socket.io-client";
import { afterEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import {
  assertOwner,
  hasEnded,
  type Owner,
  unwatchEnd,
  watchEnd,
} from "../../../src/tracker/owners/owner.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listening<S extends Server | ReturnType<typeof createTcpServer> | http2.Http2Server>(
  server: S,
) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** An owner on a server, and a way to end it from its client. */
interface ConnectedOwner {
  readonly owner: Owner & EventEmitter;
  leave(): void;
}

const kinds: Record<string, () => Promise<ConnectedOwner>> = {
  "a net.Socket": async () => {
    const server = createTcpServer();
    const port = await listening(server);
    const client = connect(port, "127.0.0.1").resume();
    const [owner] = (await once(server, "connection")) as [Socket];
    owner.resume();
    return { owner, leave: () => client.destroy() };
  },

  "a ws socket": async () => {
    const server = createServer();
    const webSockets = new WebSocketServer({ server });
    const port = await listening(server);
    const client = new WebSocket(`ws://127.0.0.1:${port}`);
    const opened = once(client, "open");
    const [owner] = (await once(webSockets, "connection")) as [WebSocket];
    await opened;
    return { owner, leave: () => client.close() };
  },

  "a response": async () => {
    const server = createServer();
    const port = await listening(server);
    const stop = new AbortController();
    fetch(`http://127.0.0.1:${port}`, { signal: stop.signal }).catch(() => {});
    const [, owner] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
    return { owner, leave: () => stop.abort() };
  },

  "a response of HTTP/2": async () => {
    const { server, client } = await http2Pair();
    const stream = client.request({ ":path": "/" });
    stream.on("error", () => {});
    const [, owner] = (await once(server, "request")) as [unknown, http2.Http2ServerResponse];
    return { owner, leave: () => stream.close(http2.constants.NGHTTP2_CANCEL) };
  },

  "a stream of HTTP/2": async () => {
    const { server, client } = await http2Pair();
    const stream = client.request({ ":path": "/" });
    stream.on("error", () => {});
    const [owner] = (await once(server, "stream")) as [http2.ServerHttp2Stream];
    return { owner, leave: () => stream.close(http2.constants.NGHTTP2_CANCEL) };
  },
};

async function http2Pair() {
  const server = http2.createServer();
  const port = await listening(server);
  const client = http2.connect(`http://127.0.0.1:${port}`);
  closers.push(() => client.destroy());
  return { server, client };
}

describe.each(Object.entries(kinds))("%s", (_, connected) => {
  it("ends once when its client is gone", async () => {
    const { owner, leave } = await connected();
    const before = owner.listenerCount("close");
    const onEnd = vi.fn();
    assertOwner(owner);
    watchEnd(owner, onEnd);
    expect(hasEnded(owner)).toBe(false);
    expect(owner.listenerCount("close")).toBe(before + 1);

    leave();
    await once(owner, "close");
    expect(onEnd).toHaveBeenCalledOnce();
    expect(hasEnded(owner)).toBe(true);
  });

  it("has no listener left after unwatchEnd", async () => {
    const { owner, leave } = await connected();
    const before = owner.listenerCount("close");
    const onEnd = vi.fn();
    watchEnd(owner, onEnd);
    unwatchEnd(owner, onEnd);
    unwatchEnd(owner, onEnd);
    expect(owner.listenerCount("close")).toBe(before);
    leave();
    await once(owner, "close");
    expect(onEnd).not.toHaveBeenCalled();
  });
});

describe("a Socket.IO socket", () => {
  async function connected() {
    const server = createServer();
    const sockets = new SocketIoServer(server);
    const port = await listening(server);
    closers.push(() => sockets.close());
    const client = io(`http://127.0.0.1:${port}`, { transports: ["websocket"] });
    closers.push(() => client.close());
    const [owner] = (await once(sockets as unknown as EventEmitter, "connection")) as [SocketIoSocket];
    return { owner, client };
  }

  it("ends when it disconnects", async () => {
    const { owner, client } = await connected();
    const onEnd = vi.fn();
    assertOwner(owner);
    watchEnd(owner, onEnd);
    expect(hasEnded(owner)).toBe(false);
    client.close();
    await vi.waitUntil(() => !owner.connected);
    expect(onEnd).toHaveBeenCalledOnce();
    expect(hasEnded(owner)).toBe(true);
  });

  it("does not end when its client sends an event named close", async () => {
    const { owner, client } = await connected();
    const onEnd = vi.fn();
    watchEnd(owner, onEnd);
    const heard = new Promise((resolve) => owner.once("close", resolve));
    client.emit("close");
    await heard;
    expect(onEnd).not.toHaveBeenCalled();
    unwatchEnd(owner, onEnd);
    expect(owner.listenerCount("disconnect")).toBe(0);
  });
});

describe("an AbortSignal", () => {
  it("ends when it is aborted", () => {
    const session = new AbortController();
    const onEnd = vi.fn();
    assertOwner(session.signal);
    watchEnd(session.signal, onEnd);
    expect(hasEnded(session.signal)).toBe(false);
    session.abort();
    expect(onEnd).toHaveBeenCalledOnce();
    expect(hasEnded(session.signal)).toBe(true);
    expect(hasEnded(AbortSignal.abort())).toBe(true);
  });

  it("has no listener left after unwatchEnd", () => {
    const session = new AbortController();
    const onEnd = vi.fn();
    watchEnd(session.signal, onEnd);
    unwatchEnd(session.signal, onEnd);
    session.abort();
    expect(onEnd).not.toHaveBeenCalled();
  });
});

describe("any other object that emits or dispatches close", () => {
  it("ends at that event", () => {
    const onEnd = vi.fn();
    const target = new EventTarget();
    const emitter = new EventEmitter();
    for (const owner of [target, emitter]) {
      assertOwner(owner);
      expect(hasEnded(owner)).toBe(false);
      watchEnd(owner, onEnd);
    }
    target.dispatchEvent(new Event("close"));
    emitter.emit("close");
    expect(onEnd).toHaveBeenCalledTimes(2);
  });

  it("may be an emitter without off", () => {
    const emitter = new EventEmitter();
    const old = { on: emitter.on.bind(emitter), removeListener: emitter.removeListener.bind(emitter) };
    const onEnd = vi.fn();
    const owner: unknown = old;
    assertOwner(owner);
    watchEnd(owner, onEnd);
    unwatchEnd(owner, onEnd);
    expect(emitter.listenerCount("close")).toBe(0);
  });

  it.each([2, 3])("has ended in readyState %i, like a WebSocket of any library", (readyState) => {
    expect(hasEnded(Object.assign(new EventTarget(), { readyState }))).toBe(true);
    expect(hasEnded(Object.assign(new EventTarget(), { readyState: readyState - 2 }))).toBe(false);
  });

  it.each(["aborted", "destroyed", "closed"])("has ended when it is %s", (state) => {
    expect(hasEnded(Object.assign(new EventEmitter(), { [state]: true }))).toBe(true);
    expect(hasEnded(Object.assign(new EventEmitter(), { [state]: false }))).toBe(false);
    expect(hasEnded(Object.assign(new EventEmitter(), { [state]: () => true }))).toBe(false);
  });
});

describe("a string", () => {
  it("never ends by itself", () => {
    assertOwner("alice");
    watchEnd("alice", () => {});
    unwatchEnd("alice", () => {});
    expect(hasEnded("alice")).toBe(false);
  });
});

describe("an owner whose end can't be seen", () => {
  const invalid = (message: string) =>
    expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) });

  it("is refused: a request, and the error names its response", async () => {
    const server = createServer();
    const port = await listening(server);
    const stop = new AbortController();
    fetch(`http://127.0.0.1:${port}`, { signal: stop.signal }).catch(() => {});
    const [request] = await once(server, "request");
    expect(() => assertOwner(request)).toThrow(invalid("The owner is a request, an IncomingMessage"));
    expect(() => assertOwner(request)).toThrow(TypeError);
    expect(() => assertOwner(request)).toThrow(invalid("Pass the response (res)"));
    stop.abort();
  });

  it("is refused: a request of HTTP/2", async () => {
    const { server, client } = await http2Pair();
    client.request({ ":path": "/" }).on("error", () => {});
    const [request] = await once(server, "request");
    expect(() => assertOwner(request)).toThrow(invalid("The owner is a request"));
  });

  it.each([
    ["", 'The owner is "";'],
    [undefined, "The owner is undefined;"],
    [null, "The owner is null;"],
    [17, "The owner is 17;"],
    [{ send() {}, close() {} }, "The owner is an object; it must be an AbortSignal"],
    [{ on() {} }, "The owner is an object;"],
    [new AbortController(), "The owner is an AbortController;"],
    [() => {}, "The owner is a function;"],
    [["alice"], "The owner is an array;"],
  ])("is refused: %o", (owner, message) => {
    expect(() => assertOwner(owner)).toThrow(invalid(message));
    expect(() => assertOwner(owner)).toThrow(invalid("pass a string, and call end"));
  });
});

describe("the type of an owner", () => {
  it("accepts only owners that can end", () => {
    expectTypeOf<Socket | ServerResponse | http2.Http2ServerResponse>().toExtend<Owner>();
    expectTypeOf<http2.ServerHttp2Stream | WebSocket | SocketIoSocket | AbortSignal>().toExtend<Owner>();
    expectTypeOf<EventTarget | EventEmitter | MessagePort | string>().toExtend<Owner>();
    interface Events {
      hello: (name: string) => void;
    }
    expectTypeOf<SocketIoSocket<Events, Events>>().toExtend<Owner>();
    expectTypeOf<AbortController>().not.toExtend<Owner>();
    expectTypeOf<number>().not.toExtend<Owner>();
    expectTypeOf<Promise<void>>().not.toExtend<Owner>();
  });
});
