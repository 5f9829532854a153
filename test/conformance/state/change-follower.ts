import type { Change, PresenceRecord } from "../../../src/crdt/index.ts";

/** Rebuilds the list of a set from nothing but the changes that the set reports. */
export class ChangeFollower {
  /** The presences that the changes add up to, by ref. */
  readonly presences: Map<string, PresenceRecord> = new Map();
  /** Changes that no correct set reports. */
  readonly contradictions: string[] = [];

  follow({ joins, leaves }: Change): void {
    const left = new Set(leaves.map(({ ref }) => ref));
    for (const { ref } of joins)
      if (left.has(ref)) this.contradictions.push(`${ref} joins and leaves in one change`);
    for (const ref of left) {
      if (!this.presences.delete(ref)) this.contradictions.push(`${ref} leaves, but is not present`);
    }
    for (const presence of joins) {
      if (this.presences.has(presence.ref)) this.contradictions.push(`${presence.ref} joins twice`);
      this.presences.set(presence.ref, presence);
    }
  }
}
