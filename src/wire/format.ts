/** The first byte of every message. Any change that an earlier release cannot read needs a new version, see `codec.ts`. */
export const PROTOCOL_VERSION = 1;

/** The third byte. There is one shard so far. */
export const SHARD = 0;

/** The fourth byte: the kind of the message. */
export const KIND = { delta: 1, heartbeat: 2, pull: 3, push: 4, leaving: 5 } as const;

/** The kinds of records in a fragment: the low two bits of a tag. A tag of 0 ends the fragment. */
export const RECORD = { interval: 0, join: 1, update: 2, leave: 3 } as const;

/** The kinds of records in a handover: the low two bits of a tag. A tag of 0 ends the handover. */
export const HANDOVER = { lastPendingLeave: 0, pendingLeave: 1, claim: 2, answer: 3 } as const;

/**
 * The longest name or id of a replica, in bytes of UTF-8.
 * @example if (byteLength(replicaName) > MAX_NAME_BYTES) refuse();
 */
export const MAX_NAME_BYTES = 255;

/** How deeply a meta may nest. A deeper one could overflow the stack of code that walks it. */
export const MAX_META_DEPTH = 32;

/** The room for the `seen` of the sender's own slice, in bytes. It may state less than the sender has seen, never more. */
export const MAX_OWN_SEEN_BYTES = 64;

/**
 * The most bytes that a message spends on anything but presences: four names, the `seen` of a delta, and every number at
 * its longest.
 */
export const RESERVED_BYTES = 1_280;

/**
 * The smallest `maxMessageBytes` that the protocol works with.
 * @example if (pubsub.maxMessageBytes < MIN_MESSAGE_BYTES) refuse();
 */
export const MIN_MESSAGE_BYTES: number = 2 * RESERVED_BYTES;

/**
 * The largest counter, request number and start time of a message, in ms for a time. A sender never gets there: it would
 * have to send a million messages per second for 35 years, or to start in the year 37 648. A number near 2 ** 53 could not
 * be exceeded any more.
 */
export const MAX_COUNTER: number = 2 ** 50 - 1;

/** The longest delay that a message states, in ms: the longest that an option accepts. */
export const MAX_DELAY_MS: number = 2 ** 30;

/** The largest number of parts of an answer to a pull. */
export const MAX_PARTS: number = 2 ** 24;

/** How many characters of strings a message of any length may repeat. */
const MIN_REPEATED_LENGTH = 65_536;

/** How many characters of strings each byte of a message allows it to repeat in addition. */
const MAX_REPEATED_PER_BYTE = 32;

/**
 * How many characters the strings that a message refers to may have together, at this byte of the message. It bounds what
 * a message may decode to. A writer that has used it up writes strings again in full, so every message can be written.
 */
export function maxRepeatedLength(at: number): number {
  return MIN_REPEATED_LENGTH + MAX_REPEATED_PER_BYTE * at;
}

/** Maps an integer of either sign to one of at least 0, small ones to small ones: 0, -1, 1, -2, … to 0, 1, 2, 3, … */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** The inverse of `zigzag`. */
export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
