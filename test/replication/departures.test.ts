import { expect, it } from "vitest";
import { exchangeUntilQuiet, tokyoAndParis } from "./replica-harness.ts";

it("keeps a pending leave when another presence with its topic and key is updated", () => {
  const { tokyo, paris } = tokyoAndParis({ leaveDelayMs: 60_000 });
  paris.join(1, "lobby", "alice");
  exchangeUntilQuiet(tokyo, paris);
  paris.end(1);
  tokyo.update(1, "lobby", "alice", { typing: true });
  exchangeUntilQuiet(tokyo, paris);
  expect([tokyo.keys("lobby"), paris.keys("lobby")]).toEqual([
    ["alice", "alice"],
    ["alice", "alice"],
  ]);
});
