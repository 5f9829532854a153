import type { ServerFrame, ServerOutput } from "./channel-trace.ts";
import { frameText, matchesFrame } from "./match-frames.ts";
import type { MaySwap } from "./races.ts";
import type { RefLabels } from "./ref-labels.ts";

/** What the server is to say on one connection, against what it says. */
export class ExpectedFrames {
  readonly #expected: readonly ServerFrame[];
  readonly #heard: readonly ServerOutput[];
  readonly #maySwap: MaySwap;
  readonly #refs: RefLabels;
  /** Those of the expected that have not been said. */
  #due: readonly ServerFrame[];
  #compared = 0;

  constructor(
    expected: readonly ServerFrame[],
    heard: readonly ServerOutput[],
    maySwap: MaySwap,
    refs: RefLabels,
  ) {
    this.#expected = expected;
    this.#heard = heard;
    this.#maySwap = maySwap;
    this.#refs = refs;
    this.#due = expected;
  }

  /** Whether as many have come as were recorded before frame `i`. */
  hasAllBefore(i: number): boolean {
    return this.#heard.length >= this.#expected.filter((frame) => frame.i < i).length;
  }

  /** The first of the expected that has not been said. */
  get next(): ServerFrame | undefined {
    return this.#due[0];
  }

  /** Where what was said so far differs from what was recorded. */
  difference(): { readonly frame: ServerFrame | undefined; readonly what: string } | undefined {
    for (; this.#compared < this.#heard.length; this.#compared++) {
      const ours = this.#heard[this.#compared]!;
      const said = this.#due.find((frame, index) => {
        // It has overtaken those before it, which it may not always.
        const isInTurn = this.#due.slice(0, index).every((earlier) => this.#maySwap(earlier, frame));
        return isInTurn && matchesFrame(frame.output, ours, this.#refs);
      });
      if (said === undefined) return { frame: this.next, what: this.#told(ours) };
      this.#due = this.#due.filter((frame) => frame !== said);
    }
    return undefined;
  }

  #told(ours: ServerOutput): string {
    const expected = this.next === undefined ? "nothing more" : frameText(this.next.output);
    return `\n    expected: ${expected}\n    ours:     ${frameText(ours, this.#refs)}`;
  }
}
