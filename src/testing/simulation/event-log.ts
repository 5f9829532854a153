/** The events of a simulation: always as a hash, and as text if the text is recorded. */
export class EventLog {
  /** One line per event, each starting with the virtual time in seconds. */
  readonly lines: string[] = [];
  readonly #recordsLines: boolean;
  readonly #now: () => number;
  #low = 0xdead_beef | 0;
  #high = 0x41c6_ce57 | 0;

  constructor(recordsLines: boolean, now: () => number) {
    this.#recordsLines = recordsLines;
    this.#now = now;
  }

  /** Adds an event as text. */
  addLine(label: string, what: () => string): void {
    if (this.#recordsLines)
      this.lines.push(`${(this.#now() / 1_000).toFixed(3).padStart(9)}  ${label.padEnd(8)} ${what()}`);
  }

  /** Adds an event to the hash, which is cyrb53 by bryc over numbers in place of characters. */
  addToHash(...numbers: readonly number[]): void {
    this.#mix(this.#now() * 1_000);
    for (const number of numbers) this.#mix(number);
  }

  addBytesToHash(bytes: Uint8Array): void {
    this.#mix(bytes.length);
    for (const byte of bytes) this.#mix(byte);
  }

  /** Two runs with the same hash had the same events. */
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
