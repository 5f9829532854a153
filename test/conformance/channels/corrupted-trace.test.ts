import { describe, expect, it } from "vitest";
import { failureOf } from "../state/raw-state-trace.ts";
import { bundledTraceLines } from "../trace-file.ts";

interface Frame {
  i: number;
  conn: string;
  dir: string;
  text?: string;
  base64?: string;
  event?: string;
  code?: number;
  reason?: string;
}

interface Trace {
  name: string;
  check: string[];
  connections: { [name: string]: string };
  frames: Frame[];
}

type Corrupt = (frame: Frame, index: number, trace: Trace) => unknown;

const lines = bundledTraceLines("channels").filter((line) => line.includes('"check":["exact"]'));

describe("a channel trace fails, with its name and the frame, when it expects", () => {
  const textCorruptions: {
    readonly [what: string]: (
      message: readonly unknown[],
      set: (at: number, value: unknown) => true,
    ) => boolean;
  } = {
    "another join_ref": ([joinRef], set) => set(0, joinRef === null ? "1" : null),
    "another ref": ([, ref], set) => set(1, ref === null ? "1" : null),
    "a ref that is a number": ([, ref], set) => typeof ref === "string" && set(1, Number(ref)),
    "another topic": ([, , topic], set) => set(2, `${topic}?`),
    "another event": ([, , , event], set) => set(3, `${event}?`),
    "null as its payload": (_message, set) => set(4, null),
    "a sixth element": (_message, set) => set(5, null),
    "one more member in its payload": ([, , , , payload], set) => set(4, { ...(payload as object), more: 1 }),
    "one member fewer in its payload": ([, , , , payload], set) => {
      const [first, ...others] = Object.entries(payload as object);
      return first !== undefined && set(4, Object.fromEntries(others));
    },
    "another status": ([, , , event, payload], set) => {
      return event === "phx_reply" && set(4, { ...(payload as object), status: "so-so" });
    },
  };
  for (const [what, corrupt] of Object.entries(textCorruptions)) {
    for (const event of ["phx_reply", "presence_diff", "presence_state", "phx_close", "phx_error"]) {
      if (what === "another status" && event !== "phx_reply") continue;
      if (what === "a ref that is a number" && event.startsWith("presence_")) continue;
      if (what === "one member fewer in its payload" && event === "phx_close") continue;
      it(`${event} with ${what}`, async () => {
        await expectFailure((frame) => {
          if (!frame.text?.startsWith("[")) return false;
          const message = JSON.parse(frame.text) as unknown[];
          const set = (at: number, value: unknown): true => {
            message[at] = value;
            return true;
          };
          if (message[3] !== event || !corrupt(message, set)) return false;
          frame.text = JSON.stringify(message);
          return true;
        });
      });
    }
  }

  for (const member of ["topic", "event", "ref"]) {
    it(`a message of version 1.0.0 with another ${member}`, async () => {
      await expectFailure((frame) => {
        if (!frame.text?.startsWith("{")) return false;
        const message = JSON.parse(frame.text) as { [name: string]: unknown };
        frame.text = JSON.stringify({ ...message, [member]: `${message[member]}?` });
        return true;
      });
    });
  }

  const byteCorruptions: { readonly [what: string]: (bytes: number[]) => unknown } = {
    "another last byte": (bytes) => bytes.push(bytes.pop()! ^ 1),
    "another kind": (bytes) => (bytes[0]! ^= 1),
    "one byte fewer": (bytes) => bytes.pop(),
    "one byte more": (bytes) => bytes.push(0),
  };
  for (const [what, corrupt] of Object.entries(byteCorruptions)) {
    it(`a binary frame with ${what}`, async () => {
      await expectFailure((frame) => {
        if (frame.base64 === undefined) return false;
        const bytes = [...Buffer.from(frame.base64, "base64")];
        corrupt(bytes);
        frame.base64 = Buffer.from(bytes).toString("base64");
        return true;
      });
    });
  }

  it("text instead of bytes", async () => {
    await expectFailure((frame) => {
      if (frame.base64 === undefined) return false;
      frame.text = JSON.stringify(Buffer.from(frame.base64, "base64").toString());
      delete frame.base64;
      return true;
    });
  });

  it("a close with another code", async () => {
    await expectFailure((frame) => {
      if (frame.event === "close") frame.code = 1001;
      return frame.event === "close";
    });
  });

  it("a close with another reason", async () => {
    await expectFailure((frame) => {
      if (frame.event === "close") frame.reason = "another";
      return frame.event === "close";
    });
  });

  it("a refused upgrade instead of an open connection", async () => {
    const failure = await failureOf({ ...TRACE, frames: [{ ...HTTP, conn: "A" }] });
    expect(failure).toContain(
      `frame 1 of A: our server differs\n    expected: {"kind":"http","status":403}\n    ours:     nothing`,
    );
  });

  it("an open connection instead of a refused upgrade", async () => {
    const open = { i: 1, conn: "A", dir: "client->server", event: "open" };
    const hi = { i: 2, conn: "A", dir: "server->client", text: '"hi"' };
    const connections = { A: "/socket/websocket?vsn=2.0.0&token=bad" };
    const failure = await failureOf({ ...TRACE, connections, frames: [open, hi] });
    expect(failure).toContain(
      `frame 2 of A: our server differs\n    expected: "hi"\n    ours:     {"kind":"http"`,
    );
  });
});

describe("a channel trace fails, with its name, when", () => {
  it("it expects a text frame that never comes", async () => {
    await expectFailure((frame, index, { frames }) => {
      if (frame.text === undefined) return false;
      frames.splice(index + 1, 0, structuredClone(frame));
      return true;
    }, "any");
  });

  it("a frame comes that it does not expect", async () => {
    await expectFailure((frame, index, { frames }) => {
      return frame.text !== undefined && frames.splice(index, 1);
    }, "any");
  });

  it("a late frame comes after its last one", async () => {
    const { trace } = corruptedTrace((frame, index, { frames }) => {
      const isLate = frame.text?.includes('"late":true');
      if (isLate) frames.splice(index);
      return isLate;
    });
    expect(await failureOf(trace)).toMatch(
      /after the last frame of A: .*\n {4}expected: nothing more\n {4}ours: +\[/,
    );
  });

  it("it expects a close that never comes", async () => {
    await expectFailure((frame, _index, { frames }) => {
      if (frame.text === undefined) return false;
      frames.push({ ...CLOSE, i: frames.length + 1, conn: frame.conn });
      return true;
    }, "last");
  });

  it("a close comes that it does not expect", async () => {
    const { trace } = corruptedTrace(
      (frame, index, { frames }) => frame.event === "close" && frames.splice(index, 1),
    );
    expect(await failureOf(trace)).toMatch(/after the last frame of A: .*\n {4}expected: nothing more/);
  });

  it("it expects a frame on another connection", async () => {
    await expectFailure((frame, _index, { connections }) => {
      const other = Object.keys(connections).find((name) => name !== frame.conn);
      if (frame.text === undefined || other === undefined) return false;
      frame.conn = other;
      return true;
    }, "any");
  });

  it("it expects two frames of one connection in the wrong order", async () => {
    await expectFailure((frame, index, { frames }) => {
      const next = frames[index + 1];
      const isClose = next?.text?.includes("phx_close") && next.conn === frame.conn;
      if (!isClose) return false;
      [frame.text, next!.text] = [next!.text!, frame.text!];
      return true;
    });
  });
});

describe("a channel trace", () => {
  it("fails when it has two names for one ref", async () => {
    await expectFailure((frame) => {
      const isState = frame.text?.includes('"presence_state"') && frame.text.includes('"r1"');
      if (isState) frame.text = frame.text!.replace('"r1"', '"r99"');
      return isState;
    });
  });

  it("fails when it has one name for two refs", async () => {
    await expectFailure((frame) => {
      const isState = frame.text?.includes('"presence_state"') && frame.text.includes('"r2"');
      if (isState) frame.text = frame.text!.replace('"r2"', '"r1"');
      return isState;
    });
  });

  it("fails when a phx_ref_prev is not the previous ref", async () => {
    await expectFailure((frame) => {
      const isUpdate = frame.text?.includes('"phx_ref_prev":"r3"');
      if (isUpdate) frame.text = frame.text!.replace('"phx_ref_prev":"r3"', '"phx_ref_prev":"r1"');
      return isUpdate;
    }, "any");
  });

  it("may have any names for its refs", async () => {
    for (const line of lines) {
      expect(await failureOf(line.replaceAll(/\\"r(\d+)\\"/g, '\\"ref $1\\"'))).toBeUndefined();
    }
  });
});

describe("the verification of a channel trace", () => {
  it("accepts either order of the diff of a client's own join and the state", async () => {
    expect(await failureOfSwapped("presence-order-track_first/raw/2.0.0", 4, 5)).toBeUndefined();
    expect(await failureOfSwapped("presence-order-track_first/raw/1.0.0", 4, 5)).toBeUndefined();
    expect(await failureOfSwapped("presence-count-fetch/raw/2.0.0", 5, 6)).toBeUndefined();
  });

  it("rejects a swap of the diff of another client's join and the state, even under one key", async () => {
    expect(await failureOfSwapped("presence-integer-user-id/raw/2.0.0", 6, 11)).toContain(
      "exact, frame 6 of A",
    );
    expect(await failureOfSwapped("presence-count-fetch/raw/2.0.0", 6, 8)).toContain("exact, frame 6 of A");
  });

  it("accepts either order of the reply to an update or untrack and its diff", async () => {
    for (const reply of [13, 17, 27])
      expect(await failureOfSwapped("presence-update/raw/2.0.0", reply, reply + 1)).toBeUndefined();
  });

  it("rejects a swap of any other reply and a diff", async () => {
    expect(await failureOfSwapped("presence-order-track_first/raw/2.0.0", 3, 4)).toContain(
      "exact, frame 3 of A",
    );
    expect(await failureOfSwapped("replies/raw/2.0.0", 13, 14)).toContain("exact, frame 13 of A");
  });
});

const TRACE = {
  kind: "channels",
  name: "alice in the lobby",
  check: ["exact"],
  connections: { A: "/socket/websocket?vsn=2.0.0" },
};
const CLOSE = { dir: "server->client", event: "close", code: 1000, reason: "" };
const HTTP = { i: 1, dir: "server->client", event: "http", status: 403 };

/** Corrupts the first server frame for which `corrupt` returns true, and expects its trace to fail at the `named` frame. */
async function expectFailure(
  corrupt: Corrupt,
  named: "corrupted" | "last" | "any" = "corrupted",
): Promise<void> {
  const { trace, frame } = corruptedTrace(corrupt);
  const { i, conn } = named === "last" ? trace.frames.at(-1)! : frame;
  const at = named === "any" ? "" : `frame ${i} of ${conn}: our server differs\n    expected: `;
  expect(await failureOf(trace)).toContain(`corrupted.jsonl:1: ${trace.name}\n  exact, ${at}`);
}

function corruptedTrace(corrupt: Corrupt): { readonly trace: Trace; readonly frame: Frame } {
  for (const line of lines) {
    const trace = JSON.parse(line) as Trace;
    for (const [index, frame] of trace.frames.entries()) {
      if (frame.dir !== "server->client" || !corrupt(frame, index, trace)) continue;
      for (const [at, each] of trace.frames.entries()) each.i = at + 1;
      return { trace, frame: trace.frames[index] ?? frame };
    }
  }
  throw new Error("no trace has a frame that can be corrupted this way");
}

/** The failure of a trace after two of its frames swap their content. `undefined` if it passes. */
async function failureOfSwapped(
  name: string,
  ...numbers: [one: number, other: number]
): Promise<string | undefined> {
  const trace = lines.map((line) => JSON.parse(line) as Trace).find((each) => each.name === name)!;
  const [one, other] = numbers.map((i) => trace.frames.find((frame) => frame.i === i)!) as [Frame, Frame];
  expect(one.conn).toBe(other.conn);
  [one.text, other.text] = [other.text!, one.text!];
  return failureOf(trace);
}
