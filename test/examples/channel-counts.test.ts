import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Account, accounts } from "../../examples/channel-counts/browser/accounts.ts";
import { userIdOf } from "../../examples/channel-counts/sessions.ts";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import {
  type FailingFilmServer,
  type FilmServerProcess,
  startFailingFilmServer,
  startFilmServer,
} from "./film-server-process.ts";
import { FilmWindow } from "./film-window.ts";

const film = "/films/the-last-hayfield";
const [ada, ben] = accounts as [Account, Account];
const nobody = undefined;
type Five = [FilmWindow, FilmWindow, FilmWindow, FilmWindow, FilmWindow];

describe.runIf(hasBrowser())("the counts of a channel, in a browser", () => {
  let browser: Browser;
  let cinema: FilmServerProcess;
  let failing: FailingFilmServer;
  let seats: FilmWindow[] = [];

  beforeAll(async () => {
    [browser, cinema, failing] = await Promise.all([
      openBrowser(),
      startFilmServer("--leave-delay", "0"),
      startFailingFilmServer(),
    ]);
  });

  afterEach(async () => {
    await Promise.all(seats.map((seat) => seat.close()));
    seats = [];
  });

  afterAll(async () => {
    await browser?.close();
    expect(await cinema?.stop()).toBe(0);
    expect(await failing?.stop()).toBe(0);
  });

  async function take(url: string, ...who: (Account | undefined)[]): Promise<FilmWindow[]> {
    const taken = await Promise.all(who.map((account) => FilmWindow.open(browser, url + film, account)));
    seats.push(...taken);
    return taken;
  }

  async function all(shown: FilmWindow[], text: string): Promise<void> {
    await Promise.all(shown.map((seat) => seat.shows(text)));
  }

  it("is right in all windows, as one closes, one crashes, two log in and out, and the server is killed and started anew", async () => {
    const [a, b, x, y, z] = (await take(cinema.url, ada, ben, nobody, nobody, nobody)) as Five;
    await all([a, b, x, y, z], "2 users, 3 viewers");
    await b.close();
    await all([a, x, y, z], "1 user, 3 viewers");
    await x.crash();
    await all([a, y, z], "1 user, 2 viewers");
    await a.logOut();
    await all([a, y, z], "0 users, 3 viewers");
    await y.logIn(ben);
    await all([a, y, z], "1 user, 2 viewers");
    const five = [a, y, z, ...(await take(cinema.url, ada, nobody))];
    await all(five, "2 users, 3 viewers");

    cinema.kill();
    await Promise.all(five.map((seat) => seat.isCutOff()));
    cinema = await startFilmServer("--port", new URL(cinema.url).port);
    await all(five, "2 users, 3 viewers");
    nothingTellsWho();
  });

  it("tells nothing while the counts can't be made, and what is right when they can", async () => {
    await failing.fail();
    const five = (await take(failing.url, ada, ben, nobody, nobody, nobody)) as Five;
    const [a, b, x, y, z] = five;
    await waitUntil(() => failing.failed.includes(5), "the count of all five to fail");
    for (const seat of five) expect(await seat.text()).toBe("Counting who is watching");
    expect(five.flatMap(({ told }) => told)).toEqual([]);

    await failing.heal();
    await all(five, "2 users, 3 viewers");

    await failing.fail();
    const stay = [a, x, y, z];
    const [failures, told] = [failing.failed.length, stay.flatMap((seat) => seat.told)];
    await b.close();
    await waitUntil(() => failing.failed.length > failures, "the leave to fail to be counted");
    expect(stay.flatMap((seat) => seat.told)).toEqual(told);

    await failing.heal();
    await all(stay, "1 user, 3 viewers");
    nothingTellsWho();
  });

  /** Of all that any window sent or received: the token is in the address of the socket, and nowhere else. */
  function nothingTellsWho(): void {
    const secrets = accounts.flatMap(({ name, token }) => [name, token, userIdOf(token)!]);
    for (const { sent, received } of seats) {
      expect(sent.some((frame) => frame.includes("phx_join"))).toBe(true);
      expect(received.some((frame) => frame.includes("presence_state"))).toBe(true);
      for (const secret of [...secrets, "userId", "phx_ref"]) {
        expect([...sent, ...received].filter((frame) => frame.includes(secret))).toEqual([]);
      }
    }
    const addresses = seats.map((seat) => seat.addresses.join());
    for (const { token } of [ada, ben]) expect(addresses.some((urls) => urls.includes(token))).toBe(true);
  }
});
