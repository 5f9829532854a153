import { EventEmitter } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { OwnerRegistry } from "../../../src/tracker/owners/owner-registry.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";

const ignore = () => {};

describe("the number of an owner", () => {
  it("stays until it is released", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    expect(owners.numberOf(socket)).toBeUndefined();
    const number = owners.hold(socket, ignore);
    expect(owners.hold(socket, ignore)).toBe(number);
    expect(owners.hold("alice", ignore)).not.toBe(number);
    expect([owners.numberOf(socket), owners.ownerOf(number), owners.size]).toEqual([number, socket, 2]);

    owners.release(number);
    expect([owners.numberOf(socket), owners.ownerOf(number), owners.size]).toEqual([undefined, undefined, 1]);
  });

  it("is small and reused", () => {
    const owners = new OwnerRegistry();
    const numbers = ["alice", "bob", "carol"].map((owner) => owners.hold(owner, ignore));
    expect(numbers).toEqual([0, 1, 2]);
    owners.release(1);
    owners.release(1);
    expect([owners.hold("dave", ignore), owners.hold("erin", ignore)]).toEqual([1, 3]);
  });

  it("is the same for equal strings and different for different objects", () => {
    const owners = new OwnerRegistry();
    expect(owners.hold("__proto__", ignore)).toBe(owners.hold(["__proto__"].join(), ignore));
    expect(owners.hold(new EventEmitter(), ignore)).not.toBe(owners.hold(new EventEmitter(), ignore));
  });
});

describe("unwatchAll and failures", () => {
  it("removes every listener and keeps the numbers", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    for (const owner of ["alice", socket, "bob"]) owners.hold(owner, ignore);
    owners.unwatchAll();
    expect([owners.size, socket.listenerCount("close"), owners.numberOf("bob")]).toEqual([3, 0, 2]);
  });

  it("hold keeps no owner that refuses listeners", () => {
    const owners = new OwnerRegistry();
    const broken = {
      on: () => {
        throw new Error("no listeners here");
      },
      off: () => {},
    };
    expect(() => owners.hold(broken, ignore)).toThrow("no listeners here");
    expect([owners.size, owners.numberOf(broken)]).toEqual([0, undefined]);
  });
});

describe("the end of an owner", () => {
  it("is reported with its number, which stays until it is released", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    owners.hold("alice", ignore);
    const onEnd = vi.fn();
    const number = owners.hold(socket, onEnd);
    socket.emit("close");
    socket.emit("close");
    expect(onEnd.mock.calls).toEqual([[number]]);
    expect(owners.numberOf(socket)).toBe(number);
    expect(socket.listenerCount("close")).toBe(0);
    owners.release(number);
    expect(owners.numberOf(socket)).toBeUndefined();
  });

  it("has one listener, however often the owner is held", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    const onEnd = vi.fn();
    for (let time = 0; time < 100; time++) owners.hold(socket, onEnd);
    expect(socket.listenerCount("close")).toBe(1);
    socket.emit("close");
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it("is not reported after its release, and no listener stays", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    const session = new AbortController();
    const onEnd = vi.fn();
    for (const owner of [socket, session.signal]) owners.release(owners.hold(owner, onEnd));
    expect(socket.listenerCount("close")).toBe(0);
    socket.emit("close");
    session.abort();
    expect(onEnd).not.toHaveBeenCalled();
  });

  it("is reported again for a socket that reconnected before its release", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    const onEnd = vi.fn();
    owners.hold(socket, onEnd);
    socket.emit("close");
    owners.hold(socket, onEnd);
    socket.emit("close");
    expect(onEnd).toHaveBeenCalledTimes(2);
  });

  it("is not taken for the end of the next owner with its number", () => {
    const owners = new OwnerRegistry();
    const [alice, bob] = [new EventEmitter(), new EventEmitter()];
    const onEnd = vi.fn();
    // This listener runs first; the emitter calls the listener of the registry after it.
    alice.on("close", () => {
      owners.release(owners.numberOf(alice)!);
      owners.hold(bob, onEnd);
    });
    owners.hold(alice, onEnd);
    alice.emit("close");
    expect(onEnd).not.toHaveBeenCalled();
    expect(bob.listenerCount("close")).toBe(1);
    bob.emit("close");
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it("may release the owner and hold another one at once", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    owners.hold(socket, (number) => {
      owners.release(number);
      owners.hold("alice", ignore);
    });
    socket.emit("close");
    expect([owners.numberOf(socket), owners.numberOf("alice")]).toEqual([undefined, 0]);
  });
});

describe("100 000 owners that have ended or been released", () => {
  it("are all garbage-collected while their registry lives on", async () => {
    const owners = new OwnerRegistry();
    const refs = holdAndRelease(owners, 100_000);
    const alive = () => refs.filter((ref) => ref.deref() !== undefined).length;
    // One collection may leave some owners for the next one.
    for (let round = 0; round < 10 && alive() > 0; round++) await collectGarbage();
    expect(alive()).toBe(0);
    expect([owners.size, owners.hold("alice", ignore) < 50_001]).toEqual([0, true]);
  });

  it("have no listener left if they live on", () => {
    const owners = new OwnerRegistry();
    const sockets = Array.from({ length: 100_000 }, () => new EventEmitter());
    for (const socket of sockets) owners.hold(socket, ignore);
    for (const socket of sockets) owners.release(owners.numberOf(socket)!);
    expect(sockets.filter((socket) => socket.listenerCount("close") > 0)).toEqual([]);
  });
});

/** Releases a quarter at once and a quarter by their end, and the rest at last. */
function holdAndRelease(owners: OwnerRegistry, count: number): WeakRef<object>[] {
  const held: number[] = [];
  const refs = Array.from({ length: count }, (_, at) => {
    const socket = new EventEmitter();
    const session = new AbortController();
    const owner = at % 3 === 0 ? session.signal : socket;
    const number = owners.hold(owner, (ended) => owners.release(ended));
    if (at % 4 === 0) owners.release(number);
    else if (at % 4 === 2) end(socket, session);
    else held.push(number);
    return new WeakRef(owner);
  });
  for (const number of held) owners.release(number);
  return refs;
}

function end(socket: EventEmitter, session: AbortController): void {
  socket.emit("close");
  session.abort();
}
