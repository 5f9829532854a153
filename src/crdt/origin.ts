/**
 * The replica that an entry is of, and the start of all its refs: made once a replica, as joining three strings for
 * each ref would keep all three.
 */
export class Origin {
  readonly replica: string;
  readonly #prefix: string;

  constructor(replica: string) {
    this.replica = replica;
    this.#prefix = `${replica}.`;
  }

  /**
   * The `phx_ref` of the presence with this dot. Unique because a replica id stands for one start of one tracker and a
   * dot is given once; never on the wire because everybody can derive it. Ids may hold dots of their own: the last
   * one parts the two.
   */
  refOf(dot: number): string {
    return this.#prefix + dot;
  }
}
