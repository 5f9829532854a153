declare module "phoenix-1.8.8" {
  export * from "phoenix";
}

declare module "jsdom" {
  /** What the tests use. The repository compiles without the types of browsers. */
  interface TestElement {
    readonly textContent: string;
    querySelector(selector: string): TestElement | null;
    querySelectorAll(selector: string): Iterable<TestElement>;
  }
  export class JSDOM {
    constructor(html: string, options: { readonly runScripts: "outside-only" });
    readonly window: {
      readonly document: TestElement;
      readonly [name: string]: unknown;
      eval(code: string): unknown;
      close(): void;
    };
  }
}
