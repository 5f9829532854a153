/** A message of a client, as its WebSocket would have sent it. */
export interface BatchedMessage {
  readonly data: Uint8Array;
  readonly isBinary: boolean;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const [OPENING_BRACKET, OPENING_BRACE] = [0x5b, 0x7b];
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The messages in the body of a POST. A batch (`application/x-ndjson`) has one on each line: JSON, or base64 for bytes. Any other body
 * is one message of text. A line that is neither JSON nor base64 is returned as text, so that it is refused like malformed text.
 */
export function* messagesOf(body: Buffer, isBatch: boolean): Generator<BatchedMessage> {
  if (!isBatch) {
    yield { data: body, isBinary: false };
    return;
  }
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(LINE_FEED, start);
    const next = found === -1 ? body.length : found;
    const end = next > start && body[next - 1] === CARRIAGE_RETURN ? next - 1 : next;
    if (end > start) yield messageOf(body.subarray(start, end));
    start = next + 1;
  }
}

function messageOf(line: Buffer): BatchedMessage {
  const isJson = line[0] === OPENING_BRACKET || line[0] === OPENING_BRACE;
  const text = isJson ? "" : line.toString("latin1");
  const isBase64 = text.length % 4 === 0 && BASE64.test(text);
  return isBase64 ? { data: Buffer.from(text, "base64"), isBinary: true } : { data: line, isBinary: false };
}
