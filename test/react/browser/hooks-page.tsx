import { type ReactElement, StrictMode } from "react";
import { flushSync } from "react-dom";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server.browser";
import { createCountStore, createPresenceStore, type PresenceState } from "../../../src/client/index.ts";
import type { HooksPage, SourceName, View } from "./hooks-page-api.ts";
import { countListeners } from "./listener-count.ts";
import { takeRenderCounts } from "./render-count.ts";
import { raceRenders } from "./render-race.tsx";
import { Count, Devices, List, Person } from "./views.tsx";

const sources = {
  lobby: countListeners(createPresenceStore()),
  attic: countListeners(createPresenceStore()),
  counts: countListeners(createCountStore<"readers" | "writers">()),
} satisfies Record<SourceName, object>;
const { lobby, attic, counts } = sources;
/** Parsed from JSON, as in a real page: a plain object with a prototype. */
const serverState: PresenceState = JSON.parse(
  '{ "alice": { "metas": [{ "phx_ref": "a1", "device": "phone" }] } }',
);
const lobbyOfServer = { ...lobby, getServerSnapshot: () => serverState };

const views = {
  list: <List lobby={lobby} />,
  listOfAttic: <List lobby={attic} />,
  listOfServer: <List lobby={lobbyOfServer} />,
  people: (
    <>
      <Person lobby={lobby} name="alice" />
      <Person lobby={lobby} name="constructor" />
    </>
  ),
  peopleOfServer: (
    <>
      <Person lobby={lobbyOfServer} name="alice" />
      <Person lobby={lobbyOfServer} name="constructor" />
    </>
  ),
  devices: <Devices lobby={lobby} name="alice" />,
  counts: (
    <>
      <Count counts={counts} of="readers" />
      <Count counts={counts} of="writers" />
    </>
  ),
} satisfies Record<View, ReactElement>;

const container = document.querySelector("main")!;
let root: Root | undefined;

function show(element: ReactElement): void {
  root ??= createRoot(container);
  flushSync(() => root!.render(element));
}

const hooksPage: HooksPage = {
  mount: (view) => show(views[view]),
  mountStrictly: (view) => show(<StrictMode>{views[view]}</StrictMode>),
  unmount: () => flushSync(() => root!.unmount()),
  hydrate(view, message) {
    const errors: string[] = [];
    container.innerHTML = renderToString(views[view]);
    const html = container.textContent;
    lobby.receive(message);
    const onRecoverableError = (error: unknown) => void errors.push(String(error));
    flushSync(() => {
      root = hydrateRoot(container, views[view], { onRecoverableError });
    });
    return { html, errors };
  },
  receive: (source, message) => void sources[source].receive(message),
  text: () => Array.from(container.querySelectorAll("li, p"), ({ textContent }) => textContent),
  renders: takeRenderCounts,
  listeners: (source) => sources[source].listeners(),
  race: () => raceRenders(container),
};

Object.assign(globalThis, { hooksPage });
