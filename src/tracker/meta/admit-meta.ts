import type { Meta } from "../../payload.ts";
import { metaTooLargeError } from "./meta-errors.ts";
import { MetaWalk } from "./meta-walk.ts";
import { withoutRefs } from "./refs.ts";
import type { MetaSchema } from "./standard-schema.ts";
import { validateMeta } from "./validate-meta.ts";

/**
 * Checks a meta and returns the one to track: the caller's own object, or the output of the schema. A meta with a member that
 * is `undefined`, and so absent in JSON, is copied without that member.
 *
 * @throws {InvalidArgumentError} when the schema refuses it, or when it is not a plain JSON object.
 * @throws {LimitError} when its JSON, refs apart, takes more than `maxBytes` bytes.
 */
export function admitMeta<M extends object>(
  meta: unknown,
  schema: MetaSchema<M, unknown> | undefined,
  maxBytes: number,
): Meta {
  const checked = schema === undefined ? meta : validateMeta(meta, schema);
  const walk = new MetaWalk(maxBytes);
  walk.walk(checked);
  if (walk.upperBoundBytes <= maxBytes && !walk.hasUndefined) return checked as Meta;
  const text = JSON.stringify(withoutRefs(checked));
  if (walk.upperBoundBytes > maxBytes) assertBytes(text, maxBytes);
  return walk.hasUndefined ? (JSON.parse(text) as Meta) : (checked as Meta);
}

function assertBytes(text: string, allowed: number): void {
  const given = Buffer.byteLength(text);
  if (given > allowed) throw metaTooLargeError(`${given}`, given, allowed);
}
