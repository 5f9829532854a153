import { ForeignVersionError, MalformedMessageError, UntrustedMessageError } from "../errors.ts";
import { crc32 } from "./checksum.ts";

/** The length of a tag. */
export const TAG_BYTES = 16;

/** The last byte before the checksum: whether there is a tag in front of it. */
const SEAL = { unsigned: 0, signed: 1 } as const;

const CHECKSUM_BYTES = 4;

/** Signs the messages of a node and checks the tags of others. `createSigning` makes one from secrets. */
export interface MessageSigning {
  /** Whether messages without a tag are accepted. */
  readonly acceptsUnsigned: boolean;
  /** The tag for this content, of `TAG_BYTES` bytes. */
  sign(content: Uint8Array): Uint8Array;
  /** Whether a secret of this node made the tag for this content. It takes the same time for every tag. */
  verify(content: Uint8Array, tag: Uint8Array): boolean;
}

/** How many bytes `seal` adds. */
export function sealBytes(signing: MessageSigning | undefined): number {
  return (signing === undefined ? 0 : TAG_BYTES) + 1 + CHECKSUM_BYTES;
}

/**
 * The content, followed by its tag if there is a secret, by a byte that says whether there is a tag, and by the CRC-32 of
 * all that.
 */
export function seal(content: Uint8Array, signing: MessageSigning | undefined): Uint8Array {
  const sealed = new Uint8Array(content.length + sealBytes(signing));
  const end = sealed.length - CHECKSUM_BYTES;
  sealed.set(content);
  if (signing !== undefined) sealed.set(signing.sign(content), content.length);
  sealed[end - 1] = signing === undefined ? SEAL.unsigned : SEAL.signed;
  const checksum = crc32(sealed, end);
  for (let at = 0; at < CHECKSUM_BYTES; at++) sealed[end + at] = checksum >>> (24 - 8 * at);
  return sealed;
}

/**
 * The content of a sealed message, as a view. Without `signing`, a tag is skipped.
 *
 * @throws {MalformedMessageError} unless all bytes are as they were sent.
 * @throws {UntrustedMessageError} if `signing` does not accept the message.
 */
export function unseal(bytes: Uint8Array, signing: MessageSigning | undefined): Uint8Array {
  const end = bytes.length - CHECKSUM_BYTES;
  if (end < 2) throw damaged(bytes, "the message ends too early");
  if (!hasValidChecksum(bytes, bytes[0]!)) throw damaged(bytes, "the checksum does not match");
  const isSigned = bytes[end - 1] === SEAL.signed;
  if (!isSigned && bytes[end - 1] !== SEAL.unsigned) throw damaged(bytes, "the seal is unknown");
  const contentEnd = end - 1 - (isSigned ? TAG_BYTES : 0);
  if (contentEnd < 1) throw damaged(bytes, "the message ends too early");
  const content = bytes.subarray(0, contentEnd);
  if (signing === undefined) return content;
  if (!isSigned && !signing.acceptsUnsigned) throw new UntrustedMessageError("unsigned");
  if (isSigned && !signing.verify(content, bytes.subarray(contentEnd, end - 1)))
    throw new UntrustedMessageError("signature");
  return content;
}

/**
 * The error for a message whose first byte is not a version in `read`. If the checksum matches once that byte is one
 * of them, then the message is of that version, and only the byte was damaged.
 */
export function foreignVersion(
  bytes: Uint8Array,
  read: readonly number[],
): ForeignVersionError | MalformedMessageError {
  return read.some((version) => hasValidChecksum(bytes, version))
    ? damaged(bytes, "the version does not match the checksum")
    : new ForeignVersionError(bytes[0]!, read);
}

/** Whether the last four bytes are the CRC-32 of the others, if `first` replaces the first of them. */
function hasValidChecksum(bytes: Uint8Array, first: number): boolean {
  const end = bytes.length - CHECKSUM_BYTES;
  if (end < 1) return false;
  let checksum = 0;
  for (let at = end; at < bytes.length; at++) checksum = checksum * 0x100 + bytes[at]!;
  return checksum === crc32(bytes, end, first);
}

function damaged(bytes: Uint8Array, reason: string): MalformedMessageError {
  return new MalformedMessageError(
    `Of ${bytes.length} bytes: ${reason}. The message was damaged on its way, and was dropped. ` +
      "If this repeats, look for a proxy that changes messages, or for another program that publishes to the same topics.",
  );
}
