import { decodePush } from "../../../src/phoenix/protocol/binary-frames.ts";
import type { RecordedTrace } from "./read-channel-trace.ts";

/**
 * The trace with one topic under one name. The recorder named the topic of a run anew, but each kind of frame by itself: what is
 * `room:lobby1` in text frames may be `room:bin` in binary ones, where a client pushes to a topic it never joined.
 */
export function withConsistentTopics(trace: RecordedTrace): RecordedTrace {
  const ofClients = trace.frames.filter(({ dir }) => dir === "client->server");
  const isPushedTo = ofClients.some(({ base64 }) => base64 !== undefined && topicOf(base64) === IN_BYTES);
  const isJoined = ofClients.some(({ text }) => text?.includes(JSON.stringify(IN_BYTES)));
  if (!isPushedTo || isJoined) return trace;
  const frames = trace.frames.map((frame) => {
    if (frame.text === undefined) return frame;
    return { ...frame, text: frame.text.replaceAll(JSON.stringify(IN_TEXT), JSON.stringify(IN_BYTES)) };
  });
  return { ...trace, frames };
}

const IN_TEXT = "room:lobby1";
const IN_BYTES = "room:bin";

function topicOf(base64: string): unknown {
  try {
    return decodePush(Buffer.from(base64, "base64")).topic;
  } catch {
    return undefined;
  }
}
