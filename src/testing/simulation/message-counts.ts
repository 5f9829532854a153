/** Counts the messages that nodes sent and received. */
export class MessageCounts {
  readonly sentByKind: Map<string, number> = new Map();
  readonly bytesByKind: Map<string, number> = new Map();
  /** Messages that reached a tracker. */
  receivedCount = 0;
  /** Those of them whose sender had already stopped. */
  receivedFromStopped = 0;

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

  received(isFromStopped: boolean): void {
    this.receivedCount++;
    if (isFromStopped) this.receivedFromStopped++;
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
