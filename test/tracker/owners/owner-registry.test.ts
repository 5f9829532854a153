import { EventEmitter } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { OwnerRegistry } from "../../../src/tracker/owners/owner-registry.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";

const nobody = () => {};

describe("a number", () => {
  it("is an owner's as long as it is held", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    expect(owners.numberOf(socket)).toBeUndefined();
    const number = owners.hold(socket, nobody);
    expect(owners.hold(socket, nobody)).toBe(number);
    expect(owners.hold("alice", nobody)).not.toBe(number);
    expect([owners.numberOf(socket), owners.ownerOf(number), owners.size]).toEqual([number, socket, 2]);

    owners.release(number);
    expect([owners.numberOf(socket), owners.ownerOf(number), owners.size]).toEqual([undefined, undefined, 1]);
  });

  it("is small, and used again", () => {
    const owners = new OwnerRegistry();
    const numbers = ["alice", "bob", "carol"].map((owner) => owners.hold(owner, nobody));
    expect(numbers).toEqual([0, 1, 2]);
    owners.release(1);
    owners.release(1);
    expect([owners.hold("dave", nobody), owners.hold("erin", nobody)]).toEqual([1, 3]);
  });

  it("belongs to a string by what it says, to an object by which it is", () => {
    const owners = new OwnerRegistry();
    expect(owners.hold("__proto__", nobody)).toBe(owners.hold(["__proto__"].join(), nobody));
    expect(owners.hold(new EventEmitter(), nobody)).not.toBe(owners.hold(new EventEmitter(), nobody));
  });
});

describe("hearing of no end any more", () => {
  it("takes every listener off, and keeps the numbers", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    for (const owner of ["alice", socket, "bob"]) owners.hold(owner, nobody);
    owners.unwatchAll();
    expect([owners.size, socket.listenerCount("close"), owners.numberOf("bob")]).toEqual([3, 0, 2]);
  });

  it("holds nobody who can't be listened to", () => {
    const owners = new OwnerRegistry();
    const broken = {
      on: () => {
        throw new Error("no listeners here");
      },
      off: () => {},
    };
    expect(() => owners.hold(broken, nobody)).toThrow("no listeners here");
    expect([owners.size, owners.numberOf(broken)]).toEqual([0, undefined]);
  });
});

describe("an end", () => {
  it("is told with the owner's number, which it keeps until it is released", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    owners.hold("alice", nobody);
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

  it("is listened for once, however often the owner is held", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    const onEnd = vi.fn();
    for (let time = 0; time < 100; time++) owners.hold(socket, onEnd);
    expect(socket.listenerCount("close")).toBe(1);
    socket.emit("close");
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it("is no longer told after the release, and no listener stays", () => {
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

  it("is told again of a socket that connected anew before it was released", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    const onEnd = vi.fn();
    owners.hold(socket, onEnd);
    socket.emit("close");
    owners.hold(socket, onEnd);
    socket.emit("close");
    expect(onEnd).toHaveBeenCalledTimes(2);
  });

  it("of one owner is not that of the next with its number", () => {
    const owners = new OwnerRegistry();
    const [alice, bob] = [new EventEmitter(), new EventEmitter()];
    const onEnd = vi.fn();
    // Heard first, while the emitter has yet to call our listener.
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

  it("may release the owner, or hold another, at once", () => {
    const owners = new OwnerRegistry();
    const socket = new EventEmitter();
    owners.hold(socket, (number) => {
      owners.release(number);
      owners.hold("alice", nobody);
    });
    socket.emit("close");
    expect([owners.numberOf(socket), owners.numberOf("alice")]).toEqual([undefined, 0]);
  });
});

describe("100 000 owners that came and went", () => {
  it("are all collected, though their numbers are used again and their tracker lives", async () => {
    const owners = new OwnerRegistry();
    const refs = comeAndGo(owners, 100_000);
    const alive = () => refs.filter((ref) => ref.deref() !== undefined).length;
    // One collection may leave some for the next, where a finalizer or a listener's table held them.
    for (let round = 0; round < 10 && alive() > 0; round++) await collectGarbage();
    expect(alive()).toBe(0);
    expect([owners.size, owners.hold("alice", nobody) < 50_001]).toEqual([0, true]);
  });

  it("have no listener left where they live on", () => {
    const owners = new OwnerRegistry();
    const sockets = Array.from({ length: 100_000 }, () => new EventEmitter());
    for (const socket of sockets) owners.hold(socket, nobody);
    for (const socket of sockets) owners.release(owners.numberOf(socket)!);
    expect(sockets.filter((socket) => socket.listenerCount("close") > 0)).toEqual([]);
  });
});

/** Every other one is released at once, by its end where it has one; the rest all together at last. */
function comeAndGo(owners: OwnerRegistry, count: number): WeakRef<object>[] {
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
