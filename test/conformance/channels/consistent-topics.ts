import { decodePush } from "../../../src/phoenix/protocol/binary-frames.ts";
import type { RecordedTrace } from "./read-channel-trace.ts";

/**
 * Gives each topic one name. The recorder renamed the topics of a run separately for text and binary frames. Text
 * frames may therefore say `room:lobby1` where binary frames say `room:bin`. This is the case if a client pushes to
 * `room:bin` in bytes, but never joins it in text.
 */
export function withConsistentTopics(trace: RecordedTrace): RecordedTrace {
  const clientFrames = trace.frames.filter(({ dir }) => dir === "client->server");
  const isPushed = clientFrames.some(
    ({ base64 }) => base64 !== undefined && topicOf(base64) === BINARY_TOPIC,
  );
  const isJoined = clientFrames.some(({ text }) => text?.includes(JSON.stringify(BINARY_TOPIC)));
  if (!isPushed || isJoined) return trace;
  const frames = trace.frames.map((frame) => {
    if (frame.text === undefined) return frame;
    return {
      ...frame,
      text: frame.text.replaceAll(JSON.stringify(TEXT_TOPIC), JSON.stringify(BINARY_TOPIC)),
    };
  });
  return { ...trace, frames };
}

const TEXT_TOPIC = "room:lobby1";
const BINARY_TOPIC = "room:bin";

function topicOf(base64: string): unknown {
  try {
    return decodePush(Buffer.from(base64, "base64")).topic;
  } catch {
    return undefined;
  }
}
