import type { Meta } from "../payload.ts";

/** At most this many strings are searched linearly: most messages are small, and creating a map costs more than that. */
const MAX_LINEAR_SEARCH = 8;

/** At most this many strings are remembered: a string that is repeated mostly comes again soon. */
const MAX_REMEMBERED = 2_048;

/** After `MAX_REMEMBERED` strings without a repetition, this many are added without a look-up. */
const SKIPPED_LOOKUPS = 7 * MAX_REMEMBERED;

/**
 * One table of strings of a message, as its writer keeps it: for each string its position, counting from 1. Of a large
 * message only the latest strings are remembered. Most are never repeated, and a map of all of them would cost more than
 * the rest of the writing.
 */
export class WriterTable {
  #count = 0;
  readonly #first: string[] = [];
  #latest: Map<string, number> | undefined = undefined;
  #hasFound = false;
  #lookupsToSkip = 0;

  positionOf(text: string): number | undefined {
    if (this.#lookupsToSkip > 0) return undefined;
    const position = this.#latest === undefined ? this.#positionAmongFirst(text) : this.#latest.get(text);
    if (position !== undefined) this.#hasFound = true;
    return position;
  }

  add(text: string): void {
    this.#count++;
    if (this.#lookupsToSkip > 0) {
      this.#lookupsToSkip--;
    } else if (this.#latest === undefined) {
      this.#first.push(text);
      if (this.#count === MAX_LINEAR_SEARCH)
        this.#latest = new Map(this.#first.map((first, at) => [first, at + 1]));
    } else {
      if (this.#latest.size === MAX_REMEMBERED) this.#forget(this.#latest);
      this.#latest.set(text, this.#count);
    }
  }

  #positionAmongFirst(text: string): number | undefined {
    const at = this.#first.indexOf(text);
    return at < 0 ? undefined : at + 1;
  }

  #forget(latest: Map<string, number>): void {
    latest.clear();
    if (!this.#hasFound) this.#lookupsToSkip = SKIPPED_LOOKUPS;
    this.#hasFound = false;
  }
}

/** The tables of strings of a message, as its reader fills them. `metas` has the parsed `metaTexts`. */
export class ReaderTables {
  readonly names: string[] = [];
  readonly topics: string[] = [];
  readonly keys: string[] = [];
  readonly metaTexts: string[] = [];
  readonly metas: Meta[] = [];
}
