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
const viewer = undefined;
type Five = [FilmWindow, FilmWindow, FilmWindow, FilmWindow, FilmWindow];

describe.runIf(hasBrowser())("the film pages, in a browser", () => {
  let browser: Browser;
  let server: FilmServerProcess;
  let failing: FailingFilmServer;
  let windows: FilmWindow[] = [];

  beforeAll(async () => {
    [browser, server, failing] = await Promise.all([
      openBrowser(),
      startFilmServer("--leave-delay", "0"),
      startFailingFilmServer(),
    ]);
  });

  afterEach(async () => {
    await Promise.all(windows.map((window) => window.close()));
    windows = [];
  });

  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop()).toBe(0);
    expect(await failing?.stop()).toBe(0);
  });

  async function openWindows(url: string, ...users: (Account | undefined)[]): Promise<FilmWindow[]> {
    const opened = await Promise.all(users.map((account) => FilmWindow.open(browser, url + film, account)));
    windows.push(...opened);
    return opened;
  }

  async function allShow(shown: FilmWindow[], text: string): Promise<void> {
    await Promise.all(shown.map((window) => window.shows(text)));
  }

  it("show the right counts in all windows while one closes, one crashes, two log in and out, and the server restarts", async () => {
    const [a, b, x, y, z] = (await openWindows(server.url, ada, ben, viewer, viewer, viewer)) as Five;
    await allShow([a, b, x, y, z], "2 users, 3 viewers");
    await b.close();
    await allShow([a, x, y, z], "1 user, 3 viewers");
    await x.crash();
    await allShow([a, y, z], "1 user, 2 viewers");
    await a.logOut();
    await allShow([a, y, z], "0 users, 3 viewers");
    await y.logIn(ben);
    await allShow([a, y, z], "1 user, 2 viewers");
    const five = [a, y, z, ...(await openWindows(server.url, ada, viewer))];
    await allShow(five, "2 users, 3 viewers");
    await a.published("film:the-last-hayfield users 2, viewers 3");

    server.kill();
    await Promise.all(five.map((window) => window.isCutOff()));
    server = await startFilmServer("--port", new URL(server.url).port);
    await allShow(five, "2 users, 3 viewers");
    expectNoIdentities();
  });

  it("show no new counts while fetch fails, and the right counts once it works again", async () => {
    await failing.fail();
    const five = (await openWindows(failing.url, ada, ben, viewer, viewer, viewer)) as Five;
    const [a, b, x, y, z] = five;
    await waitUntil(() => failing.failedSizes.includes(5), "the fetch for all five to fail");
    for (const window of five) expect(await window.text()).toBe("Counting who is watching");
    expect(five.flatMap(({ presenceMessages }) => presenceMessages)).toEqual([]);

    await failing.heal();
    await allShow(five, "2 users, 3 viewers");

    await failing.fail();
    const stay = [a, x, y, z];
    const received = () => stay.flatMap(({ presenceMessages }) => presenceMessages);
    const [failures, before] = [failing.failedSizes.length, received()];
    await b.close();
    await waitUntil(() => failing.failedSizes.length > failures, "the fetch of the leave to fail");
    expect(received()).toEqual(before);

    await failing.heal();
    await allShow(stay, "1 user, 3 viewers");
    expectNoIdentities();
  });

  /** No frame that a window sent or received identifies a user. The token appears only in the address of the socket. */
  function expectNoIdentities(): void {
    const secrets = accounts.flatMap(({ name, token }) => [name, token, userIdOf(token)!]);
    for (const { sent, received } of windows) {
      expect(sent.some((frame) => frame.includes("phx_join"))).toBe(true);
      expect(received.some((frame) => frame.includes("presence_state"))).toBe(true);
      for (const secret of [...secrets, "userId", "phx_ref"]) {
        expect([...sent, ...received].filter((frame) => frame.includes(secret))).toEqual([]);
      }
    }
    const addresses = windows.map((window) => window.addresses.join());
    for (const { token } of [ada, ben]) expect(addresses.some((urls) => urls.includes(token))).toBe(true);
  }
});
