import { memo, type ReactElement } from "react";
import type { CountStore, PresenceEntry, PresenceState } from "../../../src/client/index.ts";
import { type Source, useCount, usePresence } from "../../../src/react/index.ts";
import { countRender } from "./render-count.ts";

type Lobby = Source<PresenceState>;

/** All presences. Each row renders only when its own entry changes. */
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

/** The presence of one key. */
export function Person({ lobby, name }: { lobby: Lobby; name: string }): ReactElement {
  countRender(name);
  const entry = usePresence(lobby, name);
  return <p>{entry ? `${name} ${devices(entry)}` : `no ${name}`}</p>;
}

/** The number of devices of one key. */
export function Devices({ lobby, name }: { lobby: Lobby; name: string }): ReactElement {
  countRender(name);
  return <p>{`${name} on ${useCount(lobby, name)}`}</p>;
}

type Audience = "readers" | "writers";

/** One count of a count store. */
export function Count({ of, counts }: { of: Audience; counts: CountStore<Audience> }): ReactElement {
  countRender(of);
  return <p>{`${useCount(counts, of) ?? "?"} ${of}`}</p>;
}

function devices({ metas }: PresenceEntry): string {
  return metas.map(({ device }) => device).join("+");
}
