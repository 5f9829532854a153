import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { type MessageSigning, TAG_BYTES } from "../wire/seal.ts";
import type { SecretOptions } from "./check-secret.ts";

/** A new format of messages or tags needs a new domain. Otherwise, a tag would be valid for bytes with another meaning. */
const DOMAIN = "rollcall 1";

/**
 * Signs with the first secret and accepts the tags of all. Returns `undefined` without a secret. A tag is an HMAC-SHA-256,
 * truncated to 16 bytes, with a key that is derived from the secret and the topic: a message that was recorded on one topic
 * is not valid on another.
 *
 * @param topic The cluster and the use of its messages, such as `"rollcall:channels"`.
 */
export function createSigning(
  { secret, acceptUnsigned }: SecretOptions,
  topic: string,
): MessageSigning | undefined {
  if (secret === undefined) return undefined;
  const secrets = typeof secret === "string" ? [secret] : secret;
  const keys = secrets.map((each) =>
    createSecretKey(createHmac("sha256", each).update(`${DOMAIN} ${topic}`).digest()),
  );
  const [first] = keys as [KeyObject];
  return {
    acceptsUnsigned: acceptUnsigned,
    sign: (content) => tagOf(first, content),
    verify(content, tag) {
      let isValid = false;
      for (const key of keys) isValid = timingSafeEqual(tagOf(key, content), tag) || isValid;
      return isValid;
    },
  };
}

function tagOf(key: KeyObject, content: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(content).digest().subarray(0, TAG_BYTES);
}
