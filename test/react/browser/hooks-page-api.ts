import type { FeedMessage } from "../../../src/client/index.ts";

/** What the test calls through the page. */
export interface HooksPage {
  mount(view: View): void;
  /** In Strict Mode, where React mounts everything twice. */
  mountStrictly(view: View): void;
  unmount(): void;
  /** Renders as a server would, brings `later`, and has the page take over what the server rendered. */
  hydrate(view: View, later: FeedMessage): { html: string; errors: string[] };
  receive(source: SourceName, message: FeedMessage): void;
  /** What the page says, line by line. */
  text(): string[];
  /** How often each component rendered since this was asked last. */
  renders(): Record<string, number>;
  /** How many listen to a source, and how many ever began to. */
  listeners(source: SourceName): [now: number, ever: number];
  /** Shows readers of one count in a transition, slow enough for messages to come in between. */
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

/** How a render went that took React many turns. */
export interface RenderRace {
  /** What the readers showed after each commit, each number once. */
  readonly commits: readonly (readonly number[])[];
  /** How many had rendered when each message came. */
  readonly renderedBefore: readonly number[];
}
