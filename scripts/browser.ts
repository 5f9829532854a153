import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const executablePath = "/usr/bin/chromium";

/**
 * Whether the browser for tests and checks is installed. Without it, prints the reason.
 *
 * @throws {Error} in CI, where it must be installed.
 */
export function hasBrowser(): boolean {
  if (existsSync(executablePath)) return true;
  if (process.env["CI"]) throw new Error(`${executablePath} is missing: apt-get install chromium`);
  process.stderr.write(`no ${executablePath}: skipping the tests of pages in a browser\n`);
  return false;
}

/** Starts the browser. The caller closes it. */
export function openBrowser(): Promise<Browser> {
  // As root, Chromium starts without its sandbox only.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}
