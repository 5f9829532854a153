import fc from "fast-check";
import type { Meta } from "../../payload.ts";

/**
 * Any string that may be a topic or a key, including half a surrogate pair, a byte order mark and names such as `__proto__`.
 *
 * @example
 * fc.assert(fc.property(names(), (topic) => tracker.count(topic) === 0));
 */
export function names(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ minLength: 1, maxLength: 24 }),
    fc.string({ minLength: 1, maxLength: 8, unit: "binary" }),
    fc.constantFrom("__proto__", "constructor", "\ufeff", "\ud800", "a\udc00b", "ключ", "鍵", "🙂"),
  );
}

/**
 * Any meta: a JSON object with some nesting, including members named `__proto__` and `toJSON`.
 *
 * @example
 * fc.assert(fc.property(metas(), (meta) => render(meta).length > 0));
 */
export function metas(): fc.Arbitrary<Meta> {
  return (
    fc
      .dictionary(
        fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("__proto__", "toJSON", "ref")),
        fc.jsonValue({ maxDepth: 2 }),
        { maxKeys: 4 },
      )
      // A tracker sends metas as JSON too, which turns -0 into 0.
      .map((meta) => JSON.parse(JSON.stringify(meta)) as Meta)
  );
}
