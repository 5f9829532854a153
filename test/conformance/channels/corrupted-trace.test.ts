import { describe, expect, it } from "vitest";
import { bundledTraceLines } from "../bundled-traces.ts";
import { failureOf } from "../state/raw-state-trace.ts";

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

type Alter = (frame: Frame, index: number, trace: Trace) => unknown;

const lines = bundledTraceLines("channels").filter((line) => line.includes('"check":["exact"]'));

describe("an altered expectation fails, and names its scenario and frame", () => {
  const ofText: {
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
    "null for its payload": (_message, set) => set(4, null),
    "a sixth element": (_message, set) => set(5, null),
    "a member more in its payload": ([, , , , payload], set) => set(4, { ...(payload as object), more: 1 }),
    "a member less in its payload": ([, , , , payload], set) => {
      const [first, ...others] = Object.entries(payload as object);
      return first !== undefined && set(4, Object.fromEntries(others));
    },
    "another status": ([, , , event, payload], set) => {
      return event === "phx_reply" && set(4, { ...(payload as object), status: "so-so" });
    },
  };
  for (const [what, alter] of Object.entries(ofText)) {
    for (const event of ["phx_reply", "presence_diff", "presence_state", "phx_close", "phx_error"]) {
      if (what === "another status" && event !== "phx_reply") continue;
      if (what === "a ref that is a number" && event.startsWith("presence_")) continue;
      if (what === "a member less in its payload" && event === "phx_close") continue;
      it(`${event} with ${what}`, async () => {
        await expectFailure((frame) => {
          if (!frame.text?.startsWith("[")) return false;
          const message = JSON.parse(frame.text) as unknown[];
          const set = (at: number, value: unknown): true => {
            message[at] = value;
            return true;
          };
          if (message[3] !== event || !alter(message, set)) return false;
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

  const ofBytes: { readonly [what: string]: (bytes: number[]) => unknown } = {
    "another last byte": (bytes) => bytes.push(bytes.pop()! ^ 1),
    "another kind": (bytes) => (bytes[0]! ^= 1),
    "a byte less": (bytes) => bytes.pop(),
    "a byte more": (bytes) => bytes.push(0),
  };
  for (const [what, alter] of Object.entries(ofBytes)) {
    it(`a binary frame with ${what}`, async () => {
      await expectFailure((frame) => {
        if (frame.base64 === undefined) return false;
        const bytes = [...Buffer.from(frame.base64, "base64")];
        alter(bytes);
        frame.base64 = Buffer.from(bytes).toString("base64");
        return true;
      });
    });
  }

  it("text in place of bytes", async () => {
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
      if (frame.event === "close") frame.reason = "tired";
      return frame.event === "close";
    });
  });

  it("a refused upgrade in place of an open connection", async () => {
    const failure = await failureOf({ ...TRACE, frames: [{ ...HTTP, conn: "A" }] });
    expect(failure).toContain(
      `frame 1 of A: our server differs\n    expected: {"kind":"http","status":403}\n    ours:     nothing`,
    );
  });

  it("an open connection in place of a refused upgrade", async () => {
    const open = { i: 1, conn: "A", dir: "client->server", event: "open" };
    const hi = { i: 2, conn: "A", dir: "server->client", text: '"hi"' };
    const connections = { A: "/socket/websocket?vsn=2.0.0&token=bad" };
    const failure = await failureOf({ ...TRACE, connections, frames: [open, hi] });
    expect(failure).toContain(
      `frame 2 of A: our server differs\n    expected: "hi"\n    ours:     {"kind":"http"`,
    );
  });
});

describe("an altered course fails, and names its scenario", () => {
  it("a text frame that never comes", async () => {
    await expectFailure((frame, index, { frames }) => {
      if (frame.text === undefined) return false;
      frames.splice(index + 1, 0, structuredClone(frame));
      return true;
    }, "any");
  });

  it("a frame that is not expected", async () => {
    await expectFailure((frame, index, { frames }) => {
      return frame.text !== undefined && frames.splice(index, 1);
    }, "any");
  });

  it("a frame that is not expected after the last, and late", async () => {
    const { trace } = altered((frame, index, { frames }) => {
      const isLate = frame.text?.includes('"late":true');
      if (isLate) frames.splice(index);
      return isLate;
    });
    expect(await failureOf(trace)).toMatch(
      /after the last frame of A: .*\n {4}expected: nothing more\n {4}ours: +\[/,
    );
  });

  it("a close that never comes", async () => {
    await expectFailure((frame, _index, { frames }) => {
      if (frame.text === undefined) return false;
      frames.push({ ...CLOSE, i: frames.length + 1, conn: frame.conn });
      return true;
    }, "last");
  });

  it("a close that is not expected", async () => {
    const { trace } = altered(
      (frame, index, { frames }) => frame.event === "close" && frames.splice(index, 1),
    );
    expect(await failureOf(trace)).toMatch(/after the last frame of A: .*\n {4}expected: nothing more/);
  });

  it("a frame on another connection", async () => {
    await expectFailure((frame, _index, { connections }) => {
      const other = Object.keys(connections).find((name) => name !== frame.conn);
      if (frame.text === undefined || other === undefined) return false;
      frame.conn = other;
      return true;
    }, "any");
  });

  it("two frames of one connection the other way round", async () => {
    await expectFailure((frame, index, { frames }) => {
      const next = frames[index + 1];
      const isClose = next?.text?.includes("phx_close") && next.conn === frame.conn;
      if (!isClose) return false;
      [frame.text, next!.text] = [next!.text!, frame.text!];
      return true;
    });
  });
});

describe("refs are one for one", () => {
  it("fails where one ref is said to be two", async () => {
    await expectFailure((frame) => {
      const isState = frame.text?.includes('"presence_state"') && frame.text.includes('"r1"');
      if (isState) frame.text = frame.text!.replace('"r1"', '"r99"');
      return isState;
    });
  });

  it("fails where two are said to be one", async () => {
    await expectFailure((frame) => {
      const isState = frame.text?.includes('"presence_state"') && frame.text.includes('"r2"');
      if (isState) frame.text = frame.text!.replace('"r2"', '"r1"');
      return isState;
    });
  });

  it("fails where a phx_ref_prev is not the ref before", async () => {
    await expectFailure((frame) => {
      const isUpdate = frame.text?.includes('"phx_ref_prev":"r3"');
      if (isUpdate) frame.text = frame.text!.replace('"phx_ref_prev":"r3"', '"phx_ref_prev":"r1"');
      return isUpdate;
    }, "any");
  });

  it("takes any other names for them", async () => {
    for (const line of lines) {
      expect(await failureOf(line.replaceAll(/\\"r(\d+)\\"/g, '\\"ref $1\\"'))).toBeUndefined();
    }
  });
});

describe("what the reference left to a race may come either way, and only that", () => {
  it("the diff of one's own join, and the state", async () => {
    expect(await swapped("presence-order-track_first/raw/2.0.0", 4, 5)).toBeUndefined();
    expect(await swapped("presence-order-track_first/raw/1.0.0", 4, 5)).toBeUndefined();
    expect(await swapped("presence-count-fetch/raw/2.0.0", 5, 6)).toBeUndefined();
  });

  it("not the diff of another's join and the state, though both have one key", async () => {
    expect(await swapped("presence-integer-user-id/raw/2.0.0", 6, 11)).toContain("exact, frame 6 of A");
    expect(await swapped("presence-count-fetch/raw/2.0.0", 6, 8)).toContain("exact, frame 6 of A");
  });

  it("the reply to an update or untrack, and its diff", async () => {
    for (const reply of [13, 17, 27])
      expect(await swapped("presence-update/raw/2.0.0", reply, reply + 1)).toBeUndefined();
  });

  it("not the reply to anything else", async () => {
    expect(await swapped("presence-order-track_first/raw/2.0.0", 3, 4)).toContain("exact, frame 3 of A");
    expect(await swapped("replies/raw/2.0.0", 13, 14)).toContain("exact, frame 13 of A");
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

/** Alters, in the first trace that allows it, the first frame of the server that allows it. */
async function expectFailure(alter: Alter, named: "it" | "last" | "any" = "it"): Promise<void> {
  const { trace, frame } = altered(alter);
  const { i, conn } = named === "last" ? trace.frames.at(-1)! : frame;
  const at = named === "any" ? "" : `frame ${i} of ${conn}: our server differs\n    expected: `;
  expect(await failureOf(trace)).toContain(`altered.jsonl:1: ${trace.name}\n  exact, ${at}`);
}

function altered(alter: Alter): { readonly trace: Trace; readonly frame: Frame } {
  for (const line of lines) {
    const trace = JSON.parse(line) as Trace;
    for (const [index, frame] of trace.frames.entries()) {
      if (frame.dir !== "server->client" || !alter(frame, index, trace)) continue;
      for (const [at, each] of trace.frames.entries()) each.i = at + 1;
      return { trace, frame: trace.frames[index] ?? frame };
    }
  }
  throw new Error("no trace has such a frame to alter");
}

/** How a trace fails, if it does, when two of its frames are recorded the other way round. */
async function swapped(name: string, ...numbers: [one: number, other: number]): Promise<string | undefined> {
  const trace = lines.map((line) => JSON.parse(line) as Trace).find((each) => each.name === name)!;
  const [one, other] = numbers.map((i) => trace.frames.find((frame) => frame.i === i)!) as [Frame, Frame];
  expect(one.conn).toBe(other.conn);
  [one.text, other.text] = [other.text!, one.text!];
  return failureOf(trace);
}
