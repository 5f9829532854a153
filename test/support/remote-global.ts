import type { Page } from "playwright-core";

/** The functions of an object as seen from another process: each returns a promise. */
export type RemoteGlobal<Functions> = {
  readonly [Name in keyof Functions]: Functions[Name] extends (...given: infer Given) => infer Result
    ? (...given: Given) => Promise<Awaited<Result>>
    : never;
};

/** A proxy for a global object in a page. Its functions run in the page. */
export function remoteGlobal<Functions>(page: Page, global: string): RemoteGlobal<Functions> {
  const call = (name: string, given: unknown[]) =>
    page.evaluate(
      ([global, name, given]) => {
        type Scope = Record<string, Record<string, (...given: unknown[]) => unknown>>;
        return (globalThis as unknown as Scope)[global]![name]!(...given);
      },
      [global, name, given] as const,
    );
  return new Proxy({} as RemoteGlobal<Functions>, {
    get(_, name) {
      // A proxy with `then` would look like a promise to `await`.
      if (name === "then") return undefined;
      return (...given: unknown[]) => call(String(name), given);
    },
  });
}
