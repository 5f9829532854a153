import type { Change, PresenceRecord } from "../../../src/crdt/index.ts";

/** A reader who hears of a set nothing but the changes that it reports. */
export class ChangeFollower {
  /** What the changes add up to, by ref. */
  readonly presences: Map<string, PresenceRecord> = new Map();
  /** What no honest change would have said. */
  readonly complaints: string[] = [];

  follow({ joins, leaves }: Change): void {
    const gone = new Set(leaves.map(({ ref }) => ref));
    for (const { ref } of joins)
      if (gone.has(ref)) this.complaints.push(`one change both joins and ends ${ref}`);
    for (const ref of gone) {
      if (!this.presences.delete(ref)) this.complaints.push(`a leave of ${ref}, which is not there`);
    }
    for (const presence of joins) {
      if (this.presences.has(presence.ref)) this.complaints.push(`a second join of ${presence.ref}`);
      this.presences.set(presence.ref, presence);
    }
  }
}
