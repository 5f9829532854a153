import { atMost, type Figure } from "../figure.ts";
import { grouped } from "../number-text.ts";
import type { Share } from "./claims.ts";
import { KINDS, type Kind, OF_THE_SET } from "./kinds.ts";

/** What was found with so many presences; all in bytes a presence, or objects. */
export interface Found {
  readonly size: number;
  /** What a server has at hand before anybody is tracked. */
  readonly owners: number;
  /** How much fuller the heap is by its statistics, before any meta was read, and after each was. */
  readonly unread: number;
  readonly read: number;
  /** By the snapshot. */
  readonly kinds: readonly { readonly kind: Kind; readonly bytes: number; readonly objects: number }[];
}

export function growthOf(
  before: Record<Kind | "rest", Share>,
  after: Record<Kind | "rest", Share>,
  size: number,
): Found["kinds"] {
  return KINDS.map((kind) => ({
    kind,
    bytes: (after[kind].bytes - before[kind].bytes) / size,
    objects: (after[kind].objects - before[kind].objects) / size,
  }));
}

/** Of the largest of several sizes, `first` is what was found with the smallest: it is held to the floors, and compared. */
export function figuresOf(how: string, found: Found, first: Found | undefined): Figure[] {
  const { size, owners, unread, read, kinds } = found;
  const sumOf = (wanted: readonly Kind[]) =>
    kinds.filter(({ kind }) => wanted.includes(kind)).reduce((sum, { bytes }) => sum + bytes, 0);
  const set = sumOf(OF_THE_SET);
  const all = sumOf(KINDS);
  const floor = (name: string) => (first === undefined ? {} : { floor: name });
  return [
    bytes(`heap of a presence, of ${grouped(size)}, ${how}: not yet read`, unread),
    bytes("once each was read", read),
    ...kinds
      .filter((one) => one.bytes > 0)
      .map((one) => bytes(`… ${one.kind}: ${one.objects.toFixed(2)} objects`, one.bytes)),
    { ...bytes("the set, of the snapshot", set), target: atMost(330), ...floor("the set") },
    { ...bytes("what owners add, of the snapshot", all - set - owners), ...floor("owners") },
    bytes("what owners took before they were tracked", owners),
    bytes("what no kind of the snapshot explains", owners + read - all),
    ...(first === undefined || first === found ? [] : [compared(found, first)]),
  ];
}

function bytes(work: string, value: number): Figure {
  return { work, unit: "B", samples: [value] };
}

function compared(found: Found, first: Found): Figure {
  return {
    work: `once read, of ${grouped(found.size)} to of ${grouped(first.size)}`,
    unit: "×",
    samples: [found.read / first.read],
    target: atMost(1.05),
  };
}
