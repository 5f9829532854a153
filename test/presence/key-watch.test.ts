import { describe, expect, it } from "vitest";
import type { KeyListener } from "../../src/presence/presence-options.ts";
import { flushPromises, openPresence, twoNodes } from "./open-presence.ts";

/** Options that record which keys joined and left. */
function keyLog() {
  const lines: string[] = [];
  const note =
    (sign: string): KeyListener =>
    (topic, key, cause) =>
      void lines.push(`${sign}${key} @${topic} ${cause}`);
  return { lines, onKeyJoin: note("+"), onKeyLeave: note("-") };
}

describe("onKeyJoin and onKeyLeave", () => {
  it("are called for the first and the last presence of a key", async () => {
    const { lines, ...options } = keyLog();
    const { presence } = await openPresence(options);
    presence.track("phone", "lobby", "alice");
    presence.track("laptop", "lobby", "alice");
    presence.track("phone", "kitchen", "alice");
    presence.update("phone", "lobby", "alice", { typing: true });
    presence.untrack("phone");
    expect(lines.splice(0)).toEqual([
      "+alice @lobby local",
      "+alice @kitchen local",
      "-alice @kitchen local",
    ]);
    presence.end("laptop");
    presence.track(AbortSignal.abort(), "lobby", "bob");
    expect(lines).toEqual(["-alice @lobby local", "+bob @lobby local", "-bob @lobby local"]);
  });

  it("are not called when one presence replaces another", async () => {
    const { lines, ...options } = keyLog();
    const { presence, clock } = await openPresence({ ...options, leaveDelayMs: 5_000 });
    presence.track("tab", "lobby", "alice");
    presence.end("tab");
    presence.track("the reloaded tab", "lobby", "alice");
    clock.advance(10_000);
    expect([lines, presence.count("lobby")]).toEqual([["+alice @lobby local"], 1]);
  });

  it("are called for each change, including changes that they cause themselves", async () => {
    const { lines, onKeyLeave } = keyLog();
    const { presence } = await openPresence({
      onKeyJoin: (topic, key) => {
        lines.push(`+${key}`);
        if (key !== "alice") return;
        presence.track("robot", topic, "alice");
        presence.track("robot", topic, "bot");
        presence.untrack("a");
        presence.untrack("robot");
      },
      onKeyLeave,
    });
    presence.track("a", "lobby", "alice");
    expect(lines).toEqual(["+alice", "+bot", "-alice @lobby local", "-bot @lobby local"]);
  });

  it("are right while diffs are still queued", async () => {
    const { lines, ...options } = keyLog();
    const { presence } = await openPresence(options);
    presence.once("diff", () => {
      presence.track("b", "lobby", "alice");
      presence.untrack("a");
      presence.untrack("b");
      presence.track("c", "lobby", "carol");
    });
    presence.track("a", "lobby", "alice");
    expect(lines).toEqual(["+alice @lobby local", "-alice @lobby local", "+carol @lobby local"]);
  });

  it("get the cause: this node, another node, or a replica that came or went", async () => {
    const { lines, ...options } = keyLog();
    const { tokyo, paris, network, pass } = await twoNodes(options);
    tokyo.presence.track("a", "lobby", "alice");
    paris.presence.track("c", "lobby", "carol");
    await pass(1_500);
    paris.presence.untrack("c");
    await pass(1_500);
    expect(lines.splice(0)).toEqual([
      "+bob @lobby replica",
      "+alice @lobby local",
      "+carol @lobby remote",
      "-carol @lobby remote",
    ]);
    network.isCut = true;
    await pass(60_000);
    network.isCut = false;
    await pass(15_000);
    expect(lines.splice(0)).toEqual(["-bob @lobby replica", "+bob @lobby replica"]);
    await tokyo.close();
    expect(lines).toEqual([]);
  });

  it("that throw or reject cause error events only", async () => {
    const { presence, errors } = await openPresence({
      onKeyJoin: () => {
        throw new Error("mine");
      },
      onKeyLeave: () => Promise.reject(new Error("mine, later")),
    });
    presence.track("a", "lobby", "alice");
    presence.untrack("a");
    await flushPromises();
    expect(errors.map(({ message }) => message)).toEqual(["mine", "mine, later"]);
  });
});
