import type { Presence } from "../../../src/presence/index.ts";

/** Tells all that a presence says of itself and of others; each diff with every key as often as it has metas in it. */
export function reportEvents(presence: Presence, tell: (message: object) => void): void {
  /** By topic and ref, what the diffs so far come to. */
  const shown = new Map<string, Map<string, { key: string; replica: unknown }>>();
  presence.on("diff", (diff) => {
    for (const [topic, { joins, leaves }] of diff) {
      const metas = shown.get(topic) ?? new Map<string, { key: string; replica: unknown }>();
      shown.set(topic, metas);
      for (const [, { phx_ref }] of metasOf(leaves)) metas.delete(phx_ref);
      for (const [key, { phx_ref, replica }] of metasOf(joins)) metas.set(phx_ref, { key, replica });
      tell({
        joins: metasOf(joins).map(([key]) => key),
        leaves: metasOf(leaves).map(([key]) => key),
        twice: twiceIn([...metas.values()], presence),
      });
    }
  });
  for (const name of ["replica-up", "replica-down", "replica-permdown"] as const) {
    presence.on(name, ({ name: replica, id }) => tell({ [name]: replica, id }));
  }
  for (const name of ["error", "warning"] as const) {
    presence.on(name, ({ message }) => tell({ [name]: message }));
  }
}

/** The keys that are counted at a replica of which we know that it goes, and elsewhere as well. */
function twiceIn(metas: readonly { key: string; replica: unknown }[], presence: Presence): string[] {
  const leaving = presence.replicas().flatMap(({ id, status }) => (status === "leaving" ? [id] : []));
  if (leaving.length === 0) return [];
  const [going, staying] = [new Set<string>(), new Set<string>()];
  for (const { key, replica } of metas) (leaving.includes(replica as string) ? going : staying).add(key);
  return [...going].filter((key) => staying.has(key));
}

type Metas = readonly { readonly phx_ref: string; readonly [name: string]: unknown }[];

function metasOf(state: Readonly<Record<string, { readonly metas: Metas }>>): [string, Metas[number]][] {
  return Object.entries(state).flatMap(([key, { metas }]) =>
    metas.map((meta): [string, Metas[number]] => [key, meta]),
  );
}
