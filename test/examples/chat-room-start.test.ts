import { expect, it } from "vitest";
import { readSettings } from "../../examples/chat-room/chat-room-settings.ts";
import { serveExample } from "./serve-example.ts";

it("one command builds, serves and stops the chat room", async () => {
  const { origin: url, stop } = await serveExample("chat-room", "--port", "0");

  const html = await (await fetch(url)).text();
  const assets = Array.from(html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g), ([, path]) => url + path!);
  expect(assets.map((asset) => asset.split(".").at(-1))).toEqual(["js", "css"]);
  const texts = await Promise.all(assets.map(async (asset) => (await fetch(asset)).text()));
  expect(texts[0]).toContain("No messages yet.");
  expect(texts[1]).toContain("prefers-color-scheme");
  expect((await fetch(`${url}/rooms`)).status).toBe(404);

  expect(await stop()).toBe(0);
});

it("an option that is not a number is reported with the numbers that are allowed", () => {
  expect(() => readSettings(["--leave-delay", "never"])).toThrow(
    '--leave-delay is "never"; it takes a whole number from 0 to 60000.',
  );
});
