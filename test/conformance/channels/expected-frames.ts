import type { ServerFrame, ServerOutput } from "./channel-trace.ts";
import { frameText, matchesFrame } from "./match-frames.ts";
import type { MaySwap } from "./races.ts";
import type { RefLabels } from "./ref-labels.ts";

/** Compares the frames that the server sends on one connection with the recorded ones. */
export class ExpectedFrames {
  readonly #expected: readonly ServerFrame[];
  readonly #received: readonly ServerOutput[];
  readonly #maySwap: MaySwap;
  readonly #refs: RefLabels;
  /** The recorded frames that the server has not sent yet. */
  #pending: readonly ServerFrame[];
  #compared = 0;

  constructor(
    expected: readonly ServerFrame[],
    received: readonly ServerOutput[],
    maySwap: MaySwap,
    refs: RefLabels,
  ) {
    this.#expected = expected;
    this.#received = received;
    this.#maySwap = maySwap;
    this.#refs = refs;
    this.#pending = expected;
  }

  /** Whether the server has sent as many frames as were recorded before frame `i`. */
  hasAllBefore(i: number): boolean {
    return this.#received.length >= this.#expected.filter((frame) => frame.i < i).length;
  }

  /** The first recorded frame that the server has not sent yet. */
  get next(): ServerFrame | undefined {
    return this.#pending[0];
  }

  /** The first received frame that differs from the recorded ones. */
  difference(): { readonly frame: ServerFrame | undefined; readonly what: string } | undefined {
    for (; this.#compared < this.#received.length; this.#compared++) {
      const ours = this.#received[this.#compared]!;
      const matching = this.#pending.find((frame, index) => {
        // A frame may come before earlier ones only if it races with all of them.
        const isAllowed = this.#pending.slice(0, index).every((earlier) => this.#maySwap(earlier, frame));
        return isAllowed && matchesFrame(frame.output, ours, this.#refs);
      });
      if (matching === undefined) return { frame: this.next, what: this.#describe(ours) };
      this.#pending = this.#pending.filter((frame) => frame !== matching);
    }
    return undefined;
  }

  #describe(ours: ServerOutput): string {
    const expected = this.next === undefined ? "nothing more" : frameText(this.next.output);
    return `\n    expected: ${expected}\n    ours:     ${frameText(ours, this.#refs)}`;
  }
}
