import type { Serializer } from "./serializer.ts";
import { serializerV1 } from "./serializer-v1.ts";
import { serializerV2 } from "./serializer-v2.ts";

/** The serializer for the `vsn` of a client; there is none for a version that is not ours. Without one it speaks 1.0.0. */
export function serializerFor(vsn: string | null): Serializer | undefined {
  if (vsn === null) return serializerV1;
  const [, major] = /^([12])\.0\.(?:0|[1-9]\d*)$/.exec(vsn) ?? [];
  if (major === undefined) return undefined;
  return major === "1" ? serializerV1 : serializerV2;
}
