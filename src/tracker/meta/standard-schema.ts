import type { Json, Meta } from "../../payload.ts";

/**
 * What checks metas when they are tracked or updated: a schema of any library that keeps Standard Schema v1
 * (https://standardschema.dev), such as Zod, Valibot or ArkType. `M` is what it puts out, and what is tracked. It must
 * answer at once, not by a promise, and accept what it has put out: an update gives that back to it, changed.
 *
 * @example
 * const meta: MetaSchema<{ device: string }> = z.object({ device: z.string() });
 */
export interface MetaSchema<M extends object = Meta> {
  readonly "~standard": {
    readonly version: 1;
    /** The library that the schema is of. */
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<M> | Promise<SchemaResult<M>>;
    /** Only there for the compiler. */
    readonly types?: { readonly input: unknown; readonly output: M } | undefined;
  };
}

/**
 * What a schema answers: the value, as it may have changed it, or what is wrong.
 *
 * @example
 * const refused: SchemaResult<Meta> = { issues: [{ message: "must not be empty", path: ["device"] }] };
 */
export type SchemaResult<M> =
  | { readonly value: M; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/**
 * One thing that a schema found wrong, and where.
 *
 * @example
 * const issue: SchemaIssue = { message: "must be a string", path: ["devices", 0, "name"] };
 */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * What a type must be for its values to survive as JSON: `T` itself where they do.
 *
 * @example
 * type Fine = AsJson<{ device: string }>; // { device: string }
 * type Lost = AsJson<{ since: Date }>; // no Date fits it
 */
export type AsJson<T> = T extends Json | undefined
  ? T
  : T extends (...parameters: never) => unknown
    ? never
    : T extends object
      ? { [K in keyof T]: AsJson<T[K]> }
      : never;

/**
 * Says what type the metas are, and checks nothing: for callers that the compiler checks already. Metas must be plain
 * JSON all the same.
 *
 * @example
 * const tracker = await createTracker({ pubsub, meta: metaOf<{ device: string }>() });
 * tracker.track(socket, "lobby", "alice", { device: "phone" });
 */
export function metaOf<M extends { [K in keyof M]: AsJson<M[K]> }>(): MetaSchema<M> {
  return { "~standard": { version: 1, vendor: "rollcall", validate: (value) => ({ value: value as M }) } };
}
