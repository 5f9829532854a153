import { configureStore } from "@reduxjs/toolkit";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Provider } from "react-redux";
import { filmOf, films } from "../films.ts";
import { audience } from "./audience.ts";
import { FilmPage } from "./film-page.tsx";

const store = configureStore({ reducer: { audience: audience.reducer } });
export type Store = ReturnType<typeof store.getState>;

const film = filmOf(location.pathname.split("/").at(-1)!) ?? films[0]!;
document.title = `${film.title} · Long Take`;
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Provider store={store}>
      <FilmPage film={film} />
    </Provider>
  </StrictMode>,
);
