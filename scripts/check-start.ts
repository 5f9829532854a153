/** Does what the README says: `npm start`, a look at the front page and an article, and an end. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const child = spawn("npm", ["start", "--", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
const deadline = setTimeout(() => fail("npm start took more than a minute"), 60_000);

let output = "";
for await (const text of child.stdout) {
  process.stdout.write(text);
  output += text;
  if (/http:\/\/\S+\n/.test(output)) break;
}
const [, pid, url] = /process (\d+): (\S+)/.exec(output) ?? fail("npm start told no address");

const front = await look(url!, 10);
await look(new URL(/href="(\/articles\/[^"]+)"/.exec(front)![1]!, url).href, 1);

process.kill(Number(pid), "SIGTERM");
if (child.exitCode === null) await once(child, "exit");
if (child.exitCode !== 0) fail(`npm start ended with ${child.exitCode}`);
clearTimeout(deadline);

async function look(address: string, numbers: number): Promise<string> {
  const response = await fetch(address);
  const html = await response.text();
  const found = html.match(/<b>\d+<\/b> reading now/g) ?? [];
  console.log(`${address}: ${response.status}, ${found.length} of ${numbers} numbers`);
  if (response.status !== 200 || found.length !== numbers) fail(html);
  return html;
}

function fail(message: string): never {
  console.error(message);
  // npm is not waited for: it, and what it started, ends with the group of this process.
  process.exit(1);
}
