import { expect, it } from "vitest";
import { SharedPause } from "../../src/phoenix/limits/shared-pause.ts";

it("a source reads again only when no limit holds it", () => {
  const calls: string[] = [];
  const shared = new SharedPause({ pause: () => calls.push("pause"), resume: () => calls.push("resume") });
  const [bytes, turn] = [shared.share(), shared.share()];
  bytes.resume();
  bytes.pause();
  bytes.pause();
  turn.pause();
  bytes.resume();
  bytes.resume();
  expect(calls).toEqual(["pause"]);
  turn.resume();
  expect(calls).toEqual(["pause", "resume"]);
});
