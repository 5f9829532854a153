import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { readSettings } from "../../examples/chat-room/settings.ts";
import { until } from "./until.ts";

it("is built, served and ended by one command", async () => {
  const npm = spawn("npm", ["run", "example:chat-room", "--", "--port", "0"], {
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  npm.stdout.on("data", (text) => (output += text));
  const found = () => /^process (\d+): (\S+)$/m.exec(output);
  await until(() => found() !== null || npm.exitCode !== null, "its address to be told");
  const [, pid, url] = found()!;
  onTestFinished(() => void (npm.exitCode === null && process.kill(Number(pid), "SIGKILL")));

  const html = await (await fetch(url!)).text();
  const assets = Array.from(html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g), ([, path]) => url + path!);
  expect(assets.map((asset) => asset.split(".").at(-1))).toEqual(["js", "css"]);
  const texts = await Promise.all(assets.map(async (asset) => (await fetch(asset)).text()));
  expect(texts[0]).toContain("Nobody has said anything yet.");
  expect(texts[1]).toContain("prefers-color-scheme");
  expect((await fetch(`${url}/rooms`)).status).toBe(404);

  const exited = once(npm, "exit");
  process.kill(Number(pid), "SIGTERM");
  expect(await exited).toEqual([0, null]);
});

it("says which number is none, and what it may be", () => {
  expect(() => readSettings(["--leave-delay", "never"])).toThrow(
    '--leave-delay is "never"; it takes a whole number from 0 to 60000.',
  );
});
