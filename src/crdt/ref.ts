/**
 * The `phx_ref` of a presence: its replica's id and its dot. Unique because a replica id stands for one start of
 * one tracker and a dot is given once; never on the wire because everybody can derive it. Ids may hold dots of
 * their own: the last one parts the two.
 *
 * @example
 * refOf("tokyo", 36); // "tokyo.36"
 */
export function refOf(replica: string, dot: number): string {
  return `${replica}.${dot}`;
}
