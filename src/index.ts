export * from "./crdt/index.ts";
export * from "./errors.ts";
export type { Json, Meta, PresenceMeta } from "./payload.ts";
export * from "./wire/index.ts";
