import { createHash } from "node:crypto";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, openBrowser } from "../../scripts/browser.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { inspector } from "../../src/inspector/inspector.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { createTokyo, inspectTokyo, serveListener } from "./serve-inspector.ts";

/** The part of an element that the tests read. The project does not load the types of the DOM. */
interface DomElement {
  querySelectorAll(selector: string): Iterable<{ readonly textContent: string }>;
  getAttribute(name: string): string | null;
}

describe.runIf(hasBrowser())("the page of an inspector, in a browser", () => {
  let browser: Browser;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
  });

  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });

  afterAll(() => browser?.close());

  /** Opens the page, and records its requests and its console. With `hasClock`, `page.clock` moves its time on. */
  async function openPage(
    url: string,
    { hasClock = false, ...options }: BrowserContextOptions & { hasClock?: boolean } = {},
  ) {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    contexts.push(context);
    const page = await context.newPage();
    if (hasClock) await page.clock.install();
    page.setDefaultTimeout(45_000);
    const requests: string[] = [];
    const consoleTexts: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => consoleTexts.push(message.text()));
    page.on("pageerror", (error) => consoleTexts.push(error.message));
    await page.goto(url);
    return { page, requests, consoleTexts };
  }

  const isLive = (page: Page, live: "yes" | "no") =>
    page.waitForSelector(`html[data-live=${live}]`, { state: "attached" });

  /** The text of each row of a table, with bars between the cells. */
  const rowsOf = (page: Page, id: string) =>
    page
      .locator(`#${id} tr`)
      .evaluateAll((rows) =>
        (rows as unknown as DomElement[]).map((row) =>
          Array.from(row.querySelectorAll("td"), (cell) => cell.textContent).join(" | "),
        ),
      );

  async function waitForRows(page: Page, id: string, rows: readonly (string | RegExp)[]): Promise<void> {
    let last: string[] = [];
    await waitUntil(
      async () => {
        last = await rowsOf(page, id);
        return last.length === rows.length && last.every((row, at) => matches(row, rows[at]!));
      },
      () => `${id} to be ${rows.join(", ")}; they are ${last.join(", ")}`,
    );
  }

  const matches = (text: string, pattern: string | RegExp) =>
    typeof pattern === "string" ? text === pattern : pattern.test(text);

  it("shows joins and leaves, lists the largest topic first, and requests only its own server", async () => {
    const { presence, url } = await inspectTokyo();
    const { page, requests, consoleTexts } = await openPage(url);
    await isLive(page, "yes");
    await waitForRows(page, "largest", []);
    expect(await page.locator("#name").textContent()).toBe("tokyo");

    presence.track("alice", "lobby", "alice");
    await waitForRows(page, "largest", ["lobby | 1"]);
    for (const owner of ["alice", "bob"]) presence.track(owner, "article:7", "readers");
    await waitForRows(page, "largest", ["article:7 | 2", "lobby | 1"]);
    await page.locator('#presences output:text-is("3")').waitFor();
    expect(await page.title()).toBe("3 · Presence");
    presence.end("alice");
    await waitForRows(page, "largest", ["article:7 | 1"]);

    expect(consoleTexts).toEqual([]);
    expect(new Set(requests.filter((address) => !address.startsWith("data:")))).toEqual(
      new Set([`${url}/`, `${url}/?json=`]),
    );
  });

  it("draws the traffic per second", async () => {
    const { url } = await inspectTokyo({ broadcastPeriodMs: 20, maxSilentPeriods: 0 });
    const { page, consoleTexts } = await openPage(url);
    const points = () =>
      page
        .locator("#messages polyline")
        .evaluateAll((lines) =>
          (lines as unknown as DomElement[]).map(
            (line) => (line.getAttribute("points") ?? "").split(" ").filter(Boolean).length,
          ),
        );
    await waitUntil(async () => (await points()).every((count) => count >= 3), "three points of each line");
    // Alone, tokyo receives its own messages: about fifty heartbeats a second, or fewer on a busy machine.
    await waitUntil(async () => {
      const rates = await page.locator("#messages output").allTextContents();
      return rates.length === 2 && rates.every((rate) => Number(rate) > 1);
    }, "messages in and out");
    expect(await page.locator("#bytes output").first().textContent()).toMatch(/^[\d.,]+ (B|kB)$/);
    expect(consoleTexts).toEqual([]);
  });

  it("shows a silent replica as down, a returning one as up, and drops one that closed", async () => {
    const pubsub = memoryPubSub();
    const periods = { broadcastPeriodMs: 100, maxSilentPeriods: 1, downPeriodMs: 1_200 };
    const { url } = await inspectTokyo({ pubsub, ...periods });
    let isCut = false;
    const paris = await createTokyo({
      pubsub: { ...pubsub, publish: (...sent) => (isCut ? undefined : pubsub.publish(...sent)) },
      replicaName: "paris",
      ...periods,
    });
    paris.track("bob", "lobby", "bob");
    const { page } = await openPage(url);
    await waitForRows(page, "replicas", ["tokyo | up | here | 0 | 0", /^paris \| up \| [\d.]+ s \| 1 \| 0$/]);
    await waitForRows(page, "largest", ["lobby | 1"]);
    await page.locator('#up:text-is("2 of 2 up")').waitFor();

    isCut = true;
    await waitForRows(page, "replicas", [/^tokyo \| up/, /^paris \| down \| [\d.]+ s \| 1 \| 0$/]);
    await waitForRows(page, "largest", []);
    await page.locator('#up:text-is("1 of 2 up")').waitFor();

    isCut = false;
    await waitForRows(page, "replicas", [/^tokyo \| up/, /^paris \| up/]);
    await paris.close();
    await waitForRows(page, "replicas", [/^tokyo \| up/]);
  });

  it("shows warnings, and a repeated one once", async () => {
    const pubsub = memoryPubSub();
    const { url } = await inspectTokyo({ pubsub });
    const { page, consoleTexts } = await openPage(url);
    await isLive(page, "yes");
    await waitForRows(page, "warnings", []);
    for (let times = 0; times < 3; times++) await pubsub.publish("rollcall:all", new Uint8Array([1, 250, 1]));
    await waitForRows(page, "warnings", [/^\d\d:\d\d:\d\d \| 3 × \| MALFORMED_MESSAGE: /]);
    expect(await page.locator("#refused").textContent()).toBe("3 messages refused");
    expect(consoleTexts).toEqual([]);
  });

  it("shows names from clients as text, and runs none of them", async () => {
    const hostile = [
      "<script>window.isHurt = true</script>",
      "<img src=x onerror=window.isHurt=true>",
      "</script><script>window.isHurt = true</script>",
      "<svg onload=window.isHurt=true>",
      "__proto__",
    ];
    const pubsub = memoryPubSub();
    const { presence, url } = await inspectTokyo({
      pubsub,
      replicaName: '"><img src=x onerror=window.isHurt=true>',
    });
    const paris = await createTokyo({ pubsub, replicaName: "<script>window.isHurt = true</script>" });
    hostile.forEach((topic, at) => {
      for (let count = at; count < hostile.length; count++) presence.track(`${count}`, topic, topic);
    });
    const { page, consoleTexts, requests } = await openPage(url);
    await waitForRows(
      page,
      "largest",
      hostile.map((topic, at) => `${topic} | ${hostile.length - at}`),
    );
    await waitUntil(async () => (await rowsOf(page, "replicas")).length === 2, "two replicas");
    expect(await rowsOf(page, "replicas")).toEqual([
      expect.stringContaining('"><img src=x onerror=window.isHurt=true> | up'),
      expect.stringContaining("<script>window.isHurt = true</script> | up"),
    ]);
    expect(await page.evaluate("window.isHurt")).toBeUndefined();
    expect(await page.locator("img, main script, main svg[onload]").count()).toBe(0);
    expect(consoleTexts).toEqual([]);
    expect(requests.filter((address) => !address.startsWith(url) && !address.startsWith("data:"))).toEqual(
      [],
    );
    await paris.close();
  });

  it("runs only its own script, even if another one is injected", async () => {
    const { url } = await inspectTokyo();
    const { page, consoleTexts } = await openPage(url);
    await isLive(page, "yes");
    await page.evaluate(`
      const script = document.createElement("script");
      script.textContent = "window.isHurt = true";
      document.body.append(script);
      const image = document.createElement("div");
      image.innerHTML = "<img src=x onerror='window.isHurt = true'>";
      document.body.append(image);
    `);
    await waitUntil(
      () => consoleTexts.filter((text) => text.includes("Content Security Policy")).length >= 2,
      "two refusals",
    );
    expect(await page.evaluate("window.isHurt")).toBeUndefined();
  });

  it("reports that the server is unreachable, and recovers with it", async () => {
    const presence = await createTokyo();
    const inspect = inspector(presence);
    const before = await serveListener(inspect);
    const { page, consoleTexts } = await openPage(before.url);
    await isLive(page, "yes");
    await page.locator('#status:text-is("live")').waitFor();

    await before.stop();
    await isLive(page, "no");
    expect(await page.locator("#status").textContent()).toMatch(
      /^No answer since \d\d:\d\d:\d\d: unreachable\. Retrying every second\.$/,
    );
    presence.track("alice", "lobby", "alice");
    await serveListener(inspect, before.port);
    await isLive(page, "yes");
    await waitForRows(page, "largest", ["lobby | 1"]);
    // The browser itself logs the refused connection; the page logs nothing.
    expect(consoleTexts.filter((text) => !text.includes("net::ERR_"))).toEqual([]);
  });

  it("reports that its requests are refused or redirected", async () => {
    const inspect = inspector(await createTokyo());
    let answer: [status: number, headers: Record<string, string>] | undefined;
    const { url } = await serveListener((request, response) => {
      if (answer === undefined) inspect(request, response);
      else response.writeHead(...answer).end();
    });
    const { page } = await openPage(url);
    await isLive(page, "yes");
    answer = [403, {}];
    await page.locator('#status:has-text("HTTP 403")').waitFor();
    answer = undefined;
    await isLive(page, "yes");
    answer = [302, { location: "/login" }];
    await page.locator('#status:has-text("log in again")').waitFor();
  });

  it("starts over when another node answers, because its numbers differ", async () => {
    const nodes = [await createTokyo(), await createTokyo({ replicaName: "paris" })];
    for (let reader = 0; reader < 7; reader++) nodes[1]!.track(`${reader}`, "lobby", "readers");
    const [first, second] = nodes.map((node) => inspector(node));
    let responsesOfParis: number | undefined;
    const { url } = await serveListener((request, response) => {
      if (responsesOfParis === undefined) first!(request, response);
      else if (responsesOfParis-- > 0) second!(request, response);
      else response.writeHead(503).end();
    });
    const { page } = await openPage(url);
    const points = async () =>
      (await page.locator("#presences polyline").getAttribute("points"))?.split(" ").length ?? 0;
    await waitUntil(async () => (await points()) >= 3, "three points of tokyo");
    responsesOfParis = 1;
    await page.locator('#status:has-text("HTTP 503")').waitFor();
    expect(await page.locator("#name").textContent()).toBe("paris");
    expect(await rowsOf(page, "largest")).toEqual(["lobby | 7"]);
    expect(await points()).toBe(1);
  });

  it("repeats the login and the query of its URL, even if the URL contains a password", async () => {
    const inspect = inspector(await createTokyo(), { path: "/presence" });
    const login = `Basic ${Buffer.from("admin:secret").toString("base64")}`;
    const refused: string[] = [];
    const { url } = await serveListener((request, response) => {
      const isAuthorized = request.headers.authorization === login && request.url!.includes("token=7");
      if (isAuthorized) return inspect(request, response);
      refused.push(request.url!);
      response.writeHead(401, { "www-authenticate": "Basic" }).end();
    });
    const address = url.replace("//", "//admin:secret@");
    const { page } = await openPage(`${address}/presence?token=7`);
    await isLive(page, "yes");
    // The browser requests the page once without a password. The JSON is never requested without one.
    expect(refused.filter((path) => path.includes("json"))).toEqual([]);
  });

  it("polls only while it is visible", async () => {
    const { url } = await inspectTokyo();
    const { page, requests } = await openPage(url, { hasClock: true });
    await isLive(page, "yes");
    const polls = () => requests.filter((address) => address.endsWith("?json=")).length;
    const setHidden = (hidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      `);
    await setHidden(true);
    const before = polls();
    for (let period = 0; period < 5; period++) {
      await page.clock.runFor(1_000);
      // A poll that began before this request has its answer now.
      await page.evaluate("fetch(location.href).then((answer) => answer.text())");
    }
    // One request may have been in flight.
    expect(polls() - before).toBeLessThanOrEqual(1);
    await setHidden(false);
    await waitUntil(() => polls() > before + 1, "the next request");
  });

  it("fits a phone, and follows the dark setting of the reader", async () => {
    const { presence, url } = await inspectTokyo({
      replicaName: "a-very-long-name-of-a-machine.in.a.far.away.example.com:4000",
    });
    presence.track("alice", `article:${"x".repeat(240)}`, "alice");
    const phone = await openPage(url, { viewport: { width: 360, height: 740 }, colorScheme: "dark" });
    const desk = await openPage(url, { colorScheme: "light" });
    for (const { page } of [phone, desk]) await waitForRows(page, "largest", [/^article:x+ \| 1$/]);
    expect(await phone.page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    const brightnessOf = async ({ page }: { page: Page }) => {
      const colour = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      return Number(/\d+/.exec(colour)![0]);
    };
    expect(await brightnessOf(phone)).toBeLessThan(64);
    expect(await brightnessOf(desk)).toBeGreaterThan(192);
  });

  it("matches the hashes in its Content-Security-Policy", async () => {
    const { url } = await inspectTokyo();
    const answer = await fetch(url);
    const html = await answer.text();
    for (const element of ["script", "style"]) {
      const [, text] = new RegExp(`<${element}>(.*)</${element}>`, "s").exec(html)!;
      const hash = createHash("sha256").update(text!).digest("base64");
      expect(answer.headers.get("content-security-policy")).toContain(`${element}-src 'sha256-${hash}'`);
    }
  });
});
