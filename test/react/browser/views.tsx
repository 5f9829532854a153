import { memo, type ReactElement } from "react";
import type { CountStore, PresenceEntry, PresenceState } from "../../../src/client/index.ts";
import { type Source, useCount, usePresence } from "../../../src/react/index.ts";
import { countRender } from "./render-count.ts";

type Lobby = Source<PresenceState>;

/** Everybody, each in a row that renders only for an entry of its own. */
export function List({ lobby }: { lobby: Lobby }): ReactElement {
  countRender("list");
  return (
    <ul>
      {usePresence(lobby).map(([name, entry]) => (
        <Row key={name} name={name} entry={entry} />
      ))}
    </ul>
  );
}

const Row = memo(({ name, entry }: { name: string; entry: PresenceEntry }) => {
  countRender(name);
  return <li>{`${name} ${devices(entry)}`}</li>;
});

/** One of them. */
export function Person({ lobby, name }: { lobby: Lobby; name: string }): ReactElement {
  countRender(name);
  const entry = usePresence(lobby, name);
  return <p>{entry ? `${name} ${devices(entry)}` : `no ${name}`}</p>;
}

/** On how many devices one of them is. */
export function Devices({ lobby, name }: { lobby: Lobby; name: string }): ReactElement {
  countRender(name);
  return <p>{`${name} on ${useCount(lobby, name)}`}</p>;
}

type Audience = "readers" | "writers";

/** A number of a count store. */
export function Count({ of, counts }: { of: Audience; counts: CountStore<Audience> }): ReactElement {
  countRender(of);
  return <p>{`${useCount(counts, of) ?? "?"} ${of}`}</p>;
}

function devices({ metas }: PresenceEntry): string {
  return metas.map(({ device }) => device).join("+");
}
