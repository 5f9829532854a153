import { broadcastBytes, decodePush, pushBytes, replyBytes } from "./binary-frames.ts";
import { parseJson, utf8Decoder } from "./json.ts";
import { elementText, refTextOf } from "./json-text.ts";
import { type Frame, NO_REF, type Serializer } from "./serializer.ts";

/** Version 2.0.0: a message is an array of five, or a binary frame if its payload is bytes. */
export const serializerV2: Serializer = {
  carriesBytes: true,

  decode(data, isBinary) {
    if (isBinary) return decodePush(data);
    const text = utf8Decoder.decode(data);
    const message = parseJson(text);
    if (!Array.isArray(message) || message.length < 5) throw new SyntaxError("a message is an array of five");
    const [topic, event, payload] = message.slice(2);
    const refText = (index: 0 | 1): string => refTextOf(message[index], () => elementText(text, index));
    return { joinRef: refText(0), ref: refText(1), topic, event, payload };
  },

  reply({ joinRef, ref, topic }, status, response) {
    if ("bytes" in response) return replyBytes(joinRef, ref, topic, status, response.bytes);
    const payload = `{"response":${response.json},"status":${JSON.stringify(status)}}`;
    return frame(joinRef, ref, topic, "phx_reply", payload);
  },
  push(joinRef, topic, event, payload) {
    if ("bytes" in payload) return pushBytes(joinRef, topic, event, payload.bytes);
    const { json, shared } = payload;
    if (shared === undefined) return frame(joinRef, NO_REF, topic, event, json);
    return { head: headOf(joinRef, NO_REF, topic, event), data: shared, isBinary: false };
  },
  broadcast(topic, event, payload) {
    if ("bytes" in payload) return broadcastBytes(topic, event, payload.bytes);
    return frame(NO_REF, NO_REF, topic, event, payload.json);
  },
  end(joinRef, topic, event, payload) {
    if ("bytes" in payload) return pushBytes(joinRef, topic, event, payload.bytes);
    return frame(joinRef, joinRef, topic, event, payload.json);
  },
};

function frame(joinRef: string, ref: string, topic: unknown, event: string, payload: string): Frame {
  return { data: `${headOf(joinRef, ref, topic, event)}${payload}]`, isBinary: false };
}

/** The part of a message before its payload. */
function headOf(joinRef: string, ref: string, topic: unknown, event: string): string {
  return `[${joinRef},${ref},${JSON.stringify(topic)},${JSON.stringify(event)},`;
}
