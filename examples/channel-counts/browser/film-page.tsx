import { type ReactElement, useEffect, useState } from "react";
import { useDispatch } from "react-redux";
import { type Film, films, pathOf, topicOf } from "../films.ts";
import { AccountForm } from "./account-form.tsx";
import type { Account } from "./accounts.ts";
import { AudienceLine } from "./audience-line.tsx";
import { Picture } from "./picture.tsx";
import { PublishedLine } from "./published-line.tsx";
import { storeAccount, storedAccount } from "./stored-account.ts";
import { watchAudience } from "./watch-audience.ts";

export function FilmPage({ film }: { film: Film }): ReactElement {
  const [account, setAccount] = useState(storedAccount);
  const dispatch = useDispatch();
  useEffect(() => watchAudience(topicOf(film), account?.token, dispatch), [film, account, dispatch]);

  function changeAccount(next: Account | undefined): void {
    storeAccount(next);
    setAccount(next);
  }

  return (
    <>
      <header>
        <a className="site-name" href="/">
          Long Take
        </a>
        <AccountForm account={account} onChange={changeAccount} />
      </header>
      <main>
        <Picture film={film} />
        <h1>{film.title}</h1>
        <p className="facts">
          <AudienceLine />
          <span>
            {film.place}, {film.minutes} min
          </span>
        </p>
        <p className="text">{film.text}</p>
      </main>
      <nav aria-label="More films">
        <h2>Also showing</h2>
        <ul>
          {films
            .filter((other) => other !== film)
            .map((other) => (
              <li key={other.id}>
                <a href={pathOf(other)}>
                  <Picture film={other} />
                  <strong>{other.title}</strong>
                  <span>
                    {other.place}, {other.minutes} min
                  </span>
                </a>
              </li>
            ))}
        </ul>
      </nav>
      <footer>
        Users are logged in, viewers are not. This page gets their numbers, not their names.
        <PublishedLine />
      </footer>
    </>
  );
}
