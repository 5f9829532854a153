import type { Page } from "playwright-core";

/** Has the process of a page die, which says nothing to anybody. */
export async function crashPage(page: Page): Promise<void> {
  const crashed = new Promise((resolve) => page.once("crash", resolve));
  void page.goto("chrome://crash").catch(() => {});
  await crashed;
}
