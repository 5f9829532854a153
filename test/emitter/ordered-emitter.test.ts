import { EventEmitter, on, once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { OrderedEmitter } from "../../src/emitter/ordered-emitter.ts";

interface Events {
  news: [text: string];
  other: [];
  error: [error: Error];
}

let emitter: OrderedEmitter<Events>;
let emitWarning: MockInstance<typeof process.emitWarning>;

beforeEach(() => {
  emitter = new OrderedEmitter<Events>({ news: true, other: true, error: true });
  emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});

afterEach(() => emitWarning.mockRestore());

/** Emits at once, as a tracker does outside of a step. */
function emit<Name extends keyof Events>(name: Name, ...parameters: Events[Name]): void {
  emitter.enqueue(name, () => parameters);
  emitter.flush();
}

function counts(): number[] {
  return (["news", "other", "error"] as const).map((name) => emitter.listenerCount(name));
}

/** Node takes any emitter with these methods, but declares the whole of its own class. */
const asNode = () => emitter as unknown as EventEmitter;

describe("registering listeners", () => {
  it.each(["on", "addListener"] as const)("%s calls a listener at every event", (add) => {
    const heard: string[] = [];
    expect(emitter[add]("news", (text) => heard.push(text))).toBe(emitter);
    emit("news", "one");
    emit("news", "two");
    expect(heard).toEqual(["one", "two"]);
  });

  it("once calls a listener at the next event only", () => {
    const heard: string[] = [];
    expect(emitter.once("news", (text) => heard.push(text))).toBe(emitter);
    emit("news", "one");
    emit("news", "two");
    expect([heard, counts()]).toEqual([["one"], [0, 0, 0]]);
  });

  it.each(["off", "removeListener"] as const)("%s removes a listener that on or once added", (remove) => {
    const listener = vi.fn();
    emitter.on("news", listener).once("other", listener);
    expect(emitter[remove]("news", listener)[remove]("other", listener)).toBe(emitter);
    emit("news", "one");
    emit("other");
    expect([listener.mock.calls, counts()]).toEqual([[], [0, 0, 0]]);
  });

  it("does nothing when off gets a listener that was never added", () => {
    emitter.on("news", () => {}).off("news", () => {});
    expect(counts()).toEqual([1, 0, 0]);
  });

  it("calls a listener as often as it was added, and removes it as often as node:events does", () => {
    const run = (events: Pick<EventEmitter, "on" | "once" | "off">, emitNews: (text: string) => void) => {
      const heard: string[] = [];
      const listener = (text: string) => void heard.push(text);
      events.on("news", listener);
      events.once("news", listener);
      events.on("news", listener);
      emitNews("one");
      emitNews("two");
      events.off("news", listener);
      emitNews("three");
      events.off("news", listener);
      emitNews("four");
      return heard;
    };
    const node = new EventEmitter();
    const expected = run(node, (text) => node.emit("news", text));
    expect(run(asNode(), (text) => emit("news", text))).toEqual(expected);
    expect(expected).toEqual(["one", "one", "one", "two", "two", "three"]);
  });

  it("counts the listeners of one event", () => {
    emitter.on("news", () => {}).once("news", () => {});
    expect(counts()).toEqual([2, 0, 0]);
    expect(EventEmitter.listenerCount(asNode(), "news")).toBe(2);
  });

  it.each(["on", "addListener", "once", "off", "removeListener", "listenerCount"] as const)(
    "%s refuses an event that never happens",
    (method) => {
      const call = () => (emitter[method] as (name: string, listener: () => void) => void)("newz", () => {});
      expect(call).toThrow('There is no event "newz". Did you mean news?');
    },
  );
});

describe("order", () => {
  it("brings each event to all listeners before an event that one of them causes", () => {
    const heard: string[] = [];
    emitter.on("news", (text) => {
      heard.push(`first ${text}`);
      if (text === "one") emit("news", "two");
    });
    emitter.on("news", (text) => heard.push(`second ${text}`));
    emit("news", "one");
    expect(heard).toEqual(["first one", "second one", "first two", "second two"]);
  });

  it("runs what a queued function adds by enqueueNext before the rest of the queue", () => {
    const heard: string[] = [];
    emitter.on("news", (text) => heard.push(text));
    emitter.enqueueCall(() => {
      emitter.enqueueNext("news", () => ["derived"]);
      emitter.enqueueNextCall(() => heard.push("call"));
      emitter.enqueueNext("news", () => ["derived too"]);
      emitter.enqueue("news", () => ["last"]);
    });
    emitter.enqueue("news", () => ["queued"]);
    emitter.flush();
    expect(heard).toEqual(["derived", "call", "derived too", "queued", "last"]);
  });

  it("knows which events the queue holds, queued functions by their name", () => {
    expect(emitter.isQueued("news")).toBe(false);
    emitter.enqueue("other", () => []);
    expect(emitter.isQueued("news")).toBe(false);
    emitter.enqueueCall(() => {}, "news");
    expect(emitter.isQueued("news")).toBe(true);
    emitter.flush();
    expect(emitter.isQueued("news")).toBe(false);
  });

  it("makes the parameters of an event only when it has listeners", () => {
    const parameters = vi.fn((): [string] => ["one"]);
    emitter.enqueue("news", parameters);
    emitter.flush();
    expect(parameters).not.toHaveBeenCalled();
  });
});

describe("errors", () => {
  it("makes the error of a listener, thrown or rejected, an error event and calls the other listeners", async () => {
    const errors: string[] = [];
    const heard: string[] = [];
    emitter.on("error", (error) => errors.push(error.message));
    emitter.on("news", () => {
      throw new Error("thrown");
    });
    emitter.on("news", () => Promise.reject(new Error("rejected")));
    emitter.on("news", (text) => heard.push(text));
    emit("news", "one");
    await new Promise(setImmediate);
    expect([heard, errors]).toEqual([["one"], ["thrown", "rejected"]]);
  });

  it("makes an error event without listeners a process warning, and throws nothing", () => {
    const error = new Error("no broker");
    emit("error", error);
    expect(emitWarning.mock.calls).toEqual([[error]]);
  });

  it("makes the error of an error listener a process warning", () => {
    const fails = vi.fn(() => {
      throw new Error("the log is closed");
    });
    emitter.on("news", fails).on("error", fails);
    emit("news", "one");
    expect([fails.mock.calls.length, emitWarning.mock.calls.length]).toEqual([2, 1]);
  });
});

describe("once of node:events", () => {
  it("resolves with the parameters of the next event and leaves no listener behind", async () => {
    const next = once(asNode(), "news");
    emit("news", "one");
    expect(await next).toEqual(["one"]);
    expect(counts()).toEqual([0, 0, 0]);
    const error = new Error("later");
    emit("error", error);
    expect(emitWarning.mock.calls).toEqual([[error]]);
  });

  it("rejects at an error event and leaves no listener behind", async () => {
    const next = once(asNode(), "news");
    const error = new Error("no broker");
    emit("error", error);
    await expect(next).rejects.toBe(error);
    expect([counts(), emitWarning.mock.calls]).toEqual([[0, 0, 0], []]);
  });

  it("resolves with the error when it waits for the error event", async () => {
    const next = once(asNode(), "error");
    const error = new Error("no broker");
    emit("error", error);
    expect(await next).toEqual([error]);
  });

  it("ends with its signal and leaves no listener behind", async () => {
    const controller = new AbortController();
    const next = once(asNode(), "news", { signal: controller.signal });
    controller.abort();
    await expect(next).rejects.toThrow("aborted");
    expect(counts()).toEqual([0, 0, 0]);
  });
});

describe("on of node:events", () => {
  it("iterates over events, and a loop that ends early leaves no listener behind", async () => {
    const heard: string[] = [];
    setImmediate(() => ["one", "two", "three"].forEach((text) => void emit("news", text)));
    for await (const [text] of on(asNode(), "news")) {
      heard.push(text);
      if (text === "two") break;
    }
    expect([heard, counts()]).toEqual([
      ["one", "two"],
      [0, 0, 0],
    ]);
  });

  it("throws an error event into the loop and leaves no listener behind", async () => {
    setImmediate(() => emit("error", new Error("no broker")));
    const loop = async () => {
      for await (const _ of on(asNode(), "news")) expect.fail("no event");
    };
    await expect(loop()).rejects.toThrow("no broker");
    expect(counts()).toEqual([0, 0, 0]);
  });
});
