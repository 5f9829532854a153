/** What was sent and heard, by kind of message. */
export class SentMessageCounts {
  /** Messages sent, by kind. */
  readonly sentByKind: Map<string, number> = new Map();
  /** Bytes sent, by kind. */
  readonly bytesByKind: Map<string, number> = new Map();
  /** Messages that reached a tracker. */
  heardCount = 0;
  /** Those of them whose sender was gone by then. */
  heardFromStopped = 0;

  get sentCount(): number {
    return sum(this.sentByKind);
  }

  get sentBytes(): number {
    return sum(this.bytesByKind);
  }

  sent(kind: string, bytes: number): void {
    this.sentByKind.set(kind, (this.sentByKind.get(kind) ?? 0) + 1);
    this.bytesByKind.set(kind, (this.bytesByKind.get(kind) ?? 0) + bytes);
  }

  heard(isOfDead: boolean): void {
    this.heardCount++;
    if (isOfDead) this.heardFromStopped++;
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
