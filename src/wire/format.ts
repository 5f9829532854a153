/** The first byte of every message. It changes with any change that an earlier release could not read; `codec.ts` says how. */
export const PROTOCOL_VERSION = 1;

/** The third byte: there is one shard so far. */
export const SHARD = 0;

/** The fourth byte. */
export const KIND = { delta: 1, heartbeat: 2, pull: 3, push: 4, leaving: 5 } as const;

/** What a record of a fragment speaks of: the low two bits of its tag. A tag of 0 ends the fragment. */
export const RECORD = { interval: 0, join: 1, update: 2, leave: 3 } as const;

/**
 * The longest name or id of a replica, in bytes of UTF-8.
 * @example if (byteLength(replicaName) > MAX_NAME_BYTES) refuse();
 */
export const MAX_NAME_BYTES = 255;

/** How deeply a meta may nest. Deeper ones would overflow the stack of those who walk them. */
export const MAX_META_DEPTH = 32;

/** What the `seen` of our own slice may take, in bytes: it may say less than we know, never more. */
export const MAX_OWN_SEEN_BYTES = 64;

/**
 * The most that a message spends beside the presences in it, in bytes: four names, the `seen` of a delta, and
 * every number at its longest.
 */
export const RESERVED_BYTES = 1_280;

/**
 * The smallest `maxMessageBytes` with which anything can be said, in bytes.
 * @example if (pubsub.maxMessageBytes < LEAST_MESSAGE_BYTES) refuse();
 */
export const MIN_MESSAGE_BYTES: number = 2 * RESERVED_BYTES;
