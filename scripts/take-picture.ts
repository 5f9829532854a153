/** Takes the screenshot of the README, `docs/images/live-readers.png`: the front page of the example, with readers. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { articles } from "../examples/live-readers/articles.ts";
import { readSettings } from "../examples/live-readers/live-readers-settings.ts";
import { startNode } from "../examples/live-readers/start-node.ts";
import { memoryPubSub } from "../src/index.ts";
import { openBrowser } from "./browser.ts";

const folder = fileURLToPath(new URL("../docs/images/", import.meta.url));
/** Readers of each article, in the order of the articles. */
const readers = [12, 5, 1, 8, 2, 3];

const node = await startNode(memoryPubSub(), readSettings(["--port", "0"]), 1);
const url = `http://localhost:${node.port}`;
const sockets = articles.flatMap(({ slug }, index) =>
  Array.from(
    { length: readers[index] ?? 0 },
    () => new WebSocket(`${url.replace("http", "ws")}/live/articles/${slug}`),
  ),
);
await Promise.all(sockets.map((socket) => new Promise((opened) => socket.addEventListener("open", opened))));

const browser = await openBrowser();
// This height ends after the third article, because the footer shows the name of the machine.
const page = await browser.newPage({ viewport: { width: 760, height: 660 }, colorScheme: "light" });
await page.goto(url);
await page.waitForSelector(`[data-readers="${articles[0]!.slug}"][data-count="${readers[0]}"]`);
mkdirSync(folder, { recursive: true });
await page.screenshot({ path: `${folder}live-readers.png` });

await browser.close();
for (const socket of sockets) socket.close();
await node.close();
