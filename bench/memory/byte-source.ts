/** The bytes of a stream one by one, without waiting for each: only who has taken all that came waits for more. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();
  #at = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Whether all that came was taken: `fill` first. */
  get isEmpty(): boolean {
    return this.#at === this.#chunk.length;
  }

  take(): number {
    return this.#chunk[this.#at++]!;
  }

  async fill(): Promise<void> {
    const { done, value } = await this.#chunks.next();
    if (done) throw new Error("the stream ended early");
    this.#chunk = value;
    this.#at = 0;
  }

  /** Takes and drops whatever is left, to the end. */
  async drain(): Promise<void> {
    while (!(await this.#chunks.next()).done);
  }
}
