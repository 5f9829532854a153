/** What happened in a simulation: as text, where somebody wants to read it, and as a hash in any case. */
export class EventLog {
  /** One line an event, with virtual seconds before it. */
  readonly lines: string[] = [];
  readonly #isTold: boolean;
  readonly #now: () => number;
  #low = 0xdead_beef | 0;
  #high = 0x41c6_ce57 | 0;

  constructor(isTold: boolean, now: () => number) {
    this.#isTold = isTold;
    this.#now = now;
  }

  /** Tells an event that readers care for. */
  addLine(who: string, what: () => string): void {
    if (this.#isTold)
      this.lines.push(`${(this.#now() / 1_000).toFixed(3).padStart(9)}  ${who.padEnd(8)} ${what()}`);
  }

  /** Takes an event into the hash: cyrb53 by bryc, over numbers in place of characters. */
  addToHash(...numbers: readonly number[]): void {
    this.#mix(this.#now() * 1_000);
    for (const number of numbers) this.#mix(number);
  }

  addBytesToHash(bytes: Uint8Array): void {
    this.#mix(bytes.length);
    for (const byte of bytes) this.#mix(byte);
  }

  /** Two runs with the same hash went the same way. */
  get hash(): string {
    const high = Math.imul(this.#high ^ (this.#high >>> 16), 0x85eb_ca6b) >>> 0;
    const low = Math.imul(this.#low ^ (this.#low >>> 13), 0xc2b2_ae35) >>> 0;
    return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
  }

  #mix(number: number): void {
    this.#low = Math.imul(this.#low ^ number, 0x9e37_79b1);
    this.#high = Math.imul(this.#high ^ number ^ (this.#low >>> 15), 0x5f35_6495);
  }
}
