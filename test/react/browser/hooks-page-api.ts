import type { FeedMessage } from "../../../src/client/index.ts";

/** The functions of the page that the test calls. */
export interface HooksPage {
  mount(view: View): void;
  /** Mounts a view in Strict Mode, where React mounts every component twice. */
  mountStrictly(view: View): void;
  unmount(): void;
  /** Renders a view as a server does, then receives `message`, then hydrates the rendered HTML. */
  hydrate(view: View, message: FeedMessage): { html: string; errors: string[] };
  receive(source: SourceName, message: FeedMessage): void;
  /** The text of the page, line by line. */
  text(): string[];
  /** How often each component rendered since the last call. */
  renders(): Record<string, number>;
  /** How many listeners a source has, and how many were ever added. */
  listeners(source: SourceName): [current: number, total: number];
  /** Renders readers of one count in a transition that is slow enough for messages to arrive in between. */
  race(): Promise<RenderRace>;
}

export type SourceName = "lobby" | "attic" | "counts";
export type View =
  | "list"
  | "listOfAttic"
  | "listOfServer"
  | "people"
  | "peopleOfServer"
  | "devices"
  | "counts";

/** The course of a render that React split over several tasks. */
export interface RenderRace {
  /** The distinct numbers on the page after each commit. */
  readonly commits: readonly (readonly number[])[];
  /** How many readers had rendered when each message arrived. */
  readonly renderedBefore: readonly number[];
}
