import { foreignVersion, type MessageSigning, seal, unseal } from "../../wire/seal.ts";
import { utf8Decoder } from "../protocol/json.ts";

const VERSION = 1;

/**
 * Encodes a message for the endpoints of other processes: one byte for the version, four for the length of the header, both parts, and
 * the seal.
 */
export function encodeRelayMessage(
  header: object,
  body: Uint8Array,
  signing: MessageSigning | undefined,
): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(5);
  prefix[0] = VERSION;
  prefix.writeUInt32BE(json.length, 1);
  return seal(Buffer.concat([prefix, json, body]), signing);
}

/**
 * Reads a message. The body is a view of the bytes.
 *
 * @throws {UntrustedMessageError} if `signing` does not accept the message.
 * @throws {MalformedMessageError | ForeignVersionError | RangeError | SyntaxError | TypeError} for malformed bytes.
 */
export function decodeRelayMessage<Header extends object>(
  bytes: Uint8Array,
  signing: MessageSigning | undefined,
): { readonly header: Header; readonly body: Buffer } {
  if (bytes.length > 0 && bytes[0] !== VERSION) throw foreignVersion(bytes, [VERSION]);
  const content = unseal(bytes, signing);
  const view = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const end = 5 + view.readUInt32BE(1);
  if (end > view.length) throw new RangeError("it ends too early");
  const header = JSON.parse(utf8Decoder.decode(view.subarray(5, end))) as Header | null;
  if (typeof header !== "object" || header === null) throw new TypeError("its header is not an object");
  return { header, body: view.subarray(end) };
}
