import type { Page } from "playwright-core";

/** Crashes the process of a page, so the page cannot leave properly. */
export async function crashPage(page: Page): Promise<void> {
  const crashed = new Promise((resolve) => page.once("crash", resolve));
  void page.goto("chrome://crash").catch(() => {});
  await crashed;
}
