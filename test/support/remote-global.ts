import type { Page } from "playwright-core";

/** The functions of an object, when they are called from elsewhere. */
export type RemoteGlobal<Functions> = {
  readonly [Name in keyof Functions]: Functions[Name] extends (...given: infer Given) => infer Result
    ? (...given: Given) => Promise<Awaited<Result>>
    : never;
};

/** A global object of a page's script, to be called from here. */
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
      // Or whoever awaits it would take it for a promise.
      if (name === "then") return undefined;
      return (...given: unknown[]) => call(String(name), given);
    },
  });
}
