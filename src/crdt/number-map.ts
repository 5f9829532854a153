/** Five bits of a number are its place in a page. */
const PLACE_BITS = 5;
const PAGE = 2 ** PLACE_BITS;

/**
 * A map by whole numbers that mostly ascend, as dots and owners do: neighbours share a page, and only pages are
 * hashed. A third of the size of a `Map`, and faster where the next number follows the last. A page has room for
 * those who are there, and goes with the last of them: numbers far apart cost more than in a `Map`, but nothing stays.
 */
export class NumberMap<Value> {
  readonly #pages = new Map<number, Page<Value>>();
  /** The page that was touched last: the next number is likely to be on it. */
  #at = -1;
  #page: Page<Value> | undefined = undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(number: number): Value | undefined {
    return this.#pageOf(number)?.get(number % PAGE);
  }

  set(number: number, value: Value): void {
    const page = this.#pageOf(number) ?? this.#addPage();
    if (page.set(number % PAGE, value)) this.#size++;
  }

  delete(number: number): void {
    const page = this.#pageOf(number);
    if (page === undefined || !page.delete(number % PAGE)) return;
    this.#size--;
    if (page.values.length > 0) return;
    this.#pages.delete(this.#at);
    this.#page = undefined;
  }

  /** All values: page by page, in the order in which the pages came, and on each by rising number. */
  values(): Value[] {
    const all = new Array<Value>(this.#size);
    let at = 0;
    for (const { values } of this.#pages.values()) for (const value of values) all[at++] = value;
    return all;
  }

  #pageOf(number: number): Page<Value> | undefined {
    const at = Math.floor(number / PAGE);
    if (at !== this.#at) {
      this.#at = at;
      this.#page = this.#pages.get(at);
    }
    return this.#page;
  }

  #addPage(): Page<Value> {
    this.#page = new Page();
    this.#pages.set(this.#at, this.#page);
    return this.#page;
  }
}

/** The values of neighbouring numbers without gaps between, and which places are taken, a bit each. */
class Page<Value> {
  #taken = 0;
  readonly values: Value[] = [];

  get(place: number): Value | undefined {
    return this.#has(place) ? this.values[this.#below(place)] : undefined;
  }

  /** Returns whether the place was free. */
  set(place: number, value: Value): boolean {
    const index = this.#below(place);
    if (this.#has(place)) {
      this.values[index] = value;
      return false;
    }
    this.#taken |= 1 << place;
    if (index === this.values.length) this.values.push(value);
    else this.values.splice(index, 0, value);
    return true;
  }

  /** Returns whether the place was taken. */
  delete(place: number): boolean {
    if (!this.#has(place)) return false;
    for (let index = this.#below(place) + 1; index < this.values.length; index++) {
      this.values[index - 1] = this.values[index]!;
    }
    this.values.pop();
    this.#taken &= ~(1 << place);
    return true;
  }

  #has(place: number): boolean {
    return (this.#taken & (1 << place)) !== 0;
  }

  /** How many places below this one are taken. */
  #below(place: number): number {
    return bitCount(this.#taken & ((1 << place) - 1));
  }
}

/** How many bits are set: by twos, fours and eights, and the four bytes added in the topmost (Warren, 2002). */
function bitCount(bits: number): number {
  const twos = bits - ((bits >>> 1) & 0x5555_5555);
  const fours = (twos & 0x3333_3333) + ((twos >>> 2) & 0x3333_3333);
  const eights = (fours + (fours >>> 4)) & 0x0f0f_0f0f;
  return Math.imul(eights, 0x0101_0101) >>> 24;
}
