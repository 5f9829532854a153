import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Provider } from "react-redux";
import { filmOf, films } from "../films.ts";
import { FilmPage } from "./film-page.tsx";
import { store } from "./store.ts";

const film = filmOf(location.pathname.split("/").at(-1)!) ?? films[0]!;
document.title = `${film.title} · Long Take`;
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Provider store={store}>
      <FilmPage film={film} />
    </Provider>
  </StrictMode>,
);
