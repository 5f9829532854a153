import { beforeEach, describe, expect, it } from "vitest";
import { DiffWatch } from "./diff-watch.ts";
import { Visits } from "./visits.ts";

const VIEWERS = "film viewers";

let visits: Visits;
let problems: string[];
let tokyo: DiffWatch;

beforeEach(() => {
  visits = new Visits();
  problems = [];
  tokyo = new DiffWatch("tokyo", visits, (problem) => problems.push(problem));
});

/** Adds a diff of tokyo. */
function show(change: number, at: number, silent: string[] = []): void {
  tokyo.add({ changes: { [VIEWERS]: change }, at, silent });
}

/** All nodes show two visitors of paris and one of lima. */
function agreeOnThree(): void {
  visits.start("paris", "alice", VIEWERS, 10);
  visits.start("paris", "bob", VIEWERS, 20);
  visits.start("lima", "carol", VIEWERS, 30);
  show(3, 40);
  visits.agreed();
  tokyo.agreed();
}

describe("the most that a node may show", () => {
  it("is the visits that have started", () => {
    visits.start("paris", "alice", VIEWERS, 10);
    show(1, 10);
    expect(problems).toEqual([]);
    visits.start("paris", "bob", VIEWERS, 20);
    show(1, 19);
    expect(problems).toEqual(["tokyo showed 2 of film viewers, which had 0 to 1"]);
  });

  it("includes a visit that has ended until all nodes agree", () => {
    visits.start("paris", "alice", VIEWERS, 10);
    visits.end("paris", "alice", 20);
    show(1, 30);
    show(-1, 40);
    expect(problems).toEqual([]);
    visits.agreed();
    tokyo.agreed();
    show(1, 50);
    expect(problems).toEqual(["tokyo showed 1 of film viewers, which had 0 to 0"]);
  });

  it("counts one place only", () => {
    visits.start("paris", "alice", "film users", 10);
    show(1, 20);
    expect(problems).toEqual(["tokyo showed 1 of film viewers, which had 0 to 0"]);
  });
});

describe("the least that a node must show", () => {
  it("is never below zero", () => {
    show(-1, 10);
    expect(problems).toEqual(["tokyo showed -1 of film viewers, which had 0 to 0"]);
  });

  it("is the visits on which all nodes agreed", () => {
    agreeOnThree();
    show(-1, 50);
    expect(problems).toEqual(["tokyo showed 2 of film viewers, which had 3 to 3"]);
  });

  it("includes no visit that has started since, because its news may be lost", () => {
    agreeOnThree();
    visits.start("paris", "dave", VIEWERS, 50);
    show(1, 60);
    show(-1, 70);
    expect(problems).toEqual([]);
  });

  it("includes a visit until it ends, and no longer", () => {
    agreeOnThree();
    visits.end("paris", "bob", 60);
    show(-1, 59);
    expect(problems).toEqual(["tokyo showed 2 of film viewers, which had 3 to 3"]);
    show(0, 60);
    expect(problems).toHaveLength(1);
  });

  it("includes no visit of a process that has ended", () => {
    agreeOnThree();
    visits.endAll("paris", 50);
    show(-2, 60);
    expect(problems).toEqual([]);
    show(-1, 70);
    expect(problems).toEqual(["tokyo showed 0 of film viewers, which had 1 to 3"]);
  });

  it("includes no visit of a node that may be down for this one", () => {
    agreeOnThree();
    show(-2, 50, ["paris"]);
    expect(problems).toEqual([]);
    show(-1, 60, ["paris"]);
    expect(problems).toEqual(["tokyo showed 0 of film viewers, which had 1 to 3"]);
  });

  it("is zero for a node that has started since all agreed", () => {
    agreeOnThree();
    const oslo = new DiffWatch("oslo", visits, (problem) => problems.push(problem));
    oslo.add({ changes: { [VIEWERS]: 1 }, at: 50, silent: [] });
    expect(problems).toEqual([]);
    oslo.agreed();
    oslo.add({ changes: { [VIEWERS]: 1 }, at: 60, silent: [] });
    expect(problems).toEqual(["oslo showed 2 of film viewers, which had 3 to 3"]);
  });
});

it("has the numbers that the diffs add up to, without places that are back at zero", () => {
  agreeOnThree();
  visits.start("paris", "erin", "film users", 50);
  tokyo.add({ changes: { "film users": 1, [VIEWERS]: -3 }, at: 60, silent: ["paris", "lima"] });
  expect(tokyo.numbers).toEqual({ "film users": 1 });
});
