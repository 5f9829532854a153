import { expect, it } from "vitest";
import { Newcomers } from "../../../src/replication/departures/newcomers.ts";

const lobby = { topic: "lobby", key: "readers" };

it("remembers the latest 10 000 newcomers only", () => {
  const newcomers = new Newcomers(30_000);
  for (let dot = 1; dot <= 12_000; dot++) newcomers.add({ ...lobby, dot, joinedAt: 0 });
  expect(newcomers.since(lobby, 0).map(({ dot }) => dot)).toEqual(
    Array.from({ length: 10_000 }, (_, at) => 2_001 + at),
  );
});

it("forgets newcomers after the time for which it keeps them", () => {
  const newcomers = new Newcomers(30_000);
  newcomers.add({ ...lobby, dot: 1, joinedAt: 0 });
  newcomers.add({ ...lobby, dot: 2, joinedAt: 10_000 });
  newcomers.expire(30_001);
  expect(newcomers.since(lobby, 0).map(({ dot }) => dot)).toEqual([2]);
  expect(newcomers.oldest?.dot).toBe(2);
});

it("finds those since a time, also after one comes back that waited for an answer", () => {
  const newcomers = new Newcomers(30_000);
  const first = { ...lobby, dot: 1, joinedAt: 100 };
  newcomers.add(first);
  newcomers.delete(first);
  newcomers.add({ ...lobby, dot: 2, joinedAt: 200 });
  newcomers.add({ ...lobby, dot: 3, joinedAt: 300 });
  newcomers.add(first);
  expect(newcomers.since(lobby, 0).map(({ dot }) => dot)).toEqual([1, 2, 3]);
  expect(newcomers.since(lobby, 150).map(({ dot }) => dot)).toEqual([2, 3]);
});
