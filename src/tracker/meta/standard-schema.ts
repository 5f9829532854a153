import type { Meta } from "../../payload.ts";
import type { JsonObject } from "./meta-types.ts";

/**
 * A schema that checks metas at `track` and `update`: one of any library that implements Standard Schema v1
 * (https://standardschema.dev), such as Zod, Valibot or ArkType. `M` is its output, which is
 * tracked and which readers get. `I` is its input, which `track` takes: with a default, a member is optional there. The schema
 * must be synchronous, and it must accept its own output, as an update passes a changed copy of that output to it.
 *
 * @example
 * const meta: MetaSchema<{ device: string }> = z.object({ device: z.string() });
 */
export interface MetaSchema<M extends object = Meta, I = M> {
  readonly "~standard": {
    readonly version: 1;
    /** The name of the schema library. */
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<M> | Promise<SchemaResult<M>>;
    /** Exists for the compiler only. */
    readonly types?: { readonly input: I; readonly output: M } | undefined;
  };
}

/**
 * The result of a schema: the output value, or the issues.
 *
 * @example
 * const refused: SchemaResult<Meta> = { issues: [{ message: "must not be empty", path: ["device"] }] };
 */
export type SchemaResult<M> =
  | { readonly value: M; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/**
 * One problem that a schema found, and its path.
 *
 * @example
 * const issue: SchemaIssue = { message: "must be a string", path: ["devices", 0, "name"] };
 */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A schema that gives metas a type and checks nothing at run time, for callers that the compiler checks. A tracker still
 * requires that metas are plain JSON.
 *
 * @example
 * const tracker = await createTracker({ pubsub, meta: metaOf<{ device: string }>() });
 * tracker.track(socket, "lobby", "alice", { device: "phone" });
 */
export function metaOf<M extends JsonObject<M>>(): MetaSchema<Extract<M, object>> {
  return {
    "~standard": {
      version: 1,
      vendor: "rollcall",
      validate: (value) => ({ value: value as Extract<M, object> }),
    },
  };
}
