import { InvalidArgumentError } from "../../errors.ts";
import type { Json } from "../../payload.ts";
import type { Body } from "./body.ts";
import { parseJson, utf8Decoder } from "./json.ts";
import { memberText, refTextOf } from "./json-text.ts";
import { type Frame, NO_REF, type Serializer } from "./serializer.ts";

/** Version 1.0.0: a message is an object. The version has no frames for bytes, and the server sends no join refs. */
export const serializerV1: Serializer = {
  carriesBytes: false,

  decode(data) {
    const text = utf8Decoder.decode(data);
    const message = parseJson(text);
    if (!hasMembers(message)) throw new SyntaxError(`a message is an object with ${MEMBERS.join(", ")}`);
    const { topic, event, payload, ref, join_ref: joinRef = null } = message;
    return {
      joinRef: refTextOf(joinRef, () => memberText(text, "join_ref")),
      ref: refTextOf(ref, () => memberText(text, "ref")),
      ...{ topic, event, payload },
    };
  },

  reply: ({ ref, topic }, status, response) =>
    frame(topic, "phx_reply", `{"response":${jsonOf(response)},"status":${JSON.stringify(status)}}`, ref),
  push: (_joinRef, topic, event, payload) => frame(topic, event, jsonOf(payload), NO_REF),
  broadcast: (topic, event, payload) => frame(topic, event, jsonOf(payload), NO_REF),
  end: (joinRef, topic, event, payload) => frame(topic, event, jsonOf(payload), joinRef),
};

const MEMBERS = ["topic", "event", "payload", "ref"] as const;

type Members = { readonly [Name in (typeof MEMBERS)[number]]: Json } & { readonly join_ref?: Json };

function hasMembers(message: Json): message is Members {
  const isObject = typeof message === "object" && message !== null && !Array.isArray(message);
  return isObject && MEMBERS.every((name) => Object.hasOwn(message, name));
}

function frame(topic: unknown, event: string, payload: string, ref: string): Frame {
  const data = `{"event":${JSON.stringify(event)},"payload":${payload},"ref":${ref},"topic":${JSON.stringify(topic)}}`;
  return { data, isBinary: false };
}

function jsonOf(body: Body): string {
  if ("json" in body) return body.json;
  throw new InvalidArgumentError(
    "Bytes can't be sent to a client that speaks version 1.0.0. Send an object, or let the client connect with vsn=2.0.0.",
  );
}
